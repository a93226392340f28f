// Deferred rows: those below the fold are appended a frame later, so that what is looked at is painted in half the time.
"use strict";

const ROW = '<tr role="row" data-contact-id';
let deferredRows = null; // the rows that are still to come, and whose answer they belong to

function rowsInView() {
  const results = $("results"), height = 16 * parseFloat(getComputedStyle(results).getPropertyValue("--row")) || 44;
  return Math.ceil((innerHeight - Math.max(0, results.getBoundingClientRect().top)) / height);
}

document.addEventListener("htmx:after:request", (event) => {
  if (!isResults(event)) return;
  deferredRows = null;
  const { ctx } = event.detail, text = ctx.text;
  let cut = text.indexOf(ROW);
  for (let row = rowsInView(); row > 0 && cut > 0; row--) cut = text.indexOf(ROW, cut + 1);
  const end = text.indexOf("</tbody>", cut);
  if (cut < 0 || end < 0) return;
  deferredRows = { request: ctx.request, rows: text.slice(cut, end), table: null };
  ctx.text = text.slice(0, cut) + text.slice(end);
});

document.addEventListener("htmx:after:swap", (event) => {
  const mine = deferredRows;
  if (!isResults(event) || mine?.request !== event.detail.ctx.request) return;
  mine.table = $("results").querySelector("tbody");
  const painted = new MessageChannel();
  painted.port1.onmessage = () => appendDeferredRows(mine);
  requestAnimationFrame(() => painted.port2.postMessage(null));
});

function appendDeferredRows(mine) {
  if (deferredRows !== mine) return; // another answer has come
  deferredRows = null;
  if (!mine.table?.isConnected) return; // another page has, or one is on its way
  const template = document.createElement("template");
  template.innerHTML = mine.rows;
  const rows = [...template.content.children];
  mine.table.append(...rows);
  if ($("drawer")?.open) { highlightRow(openContactId); updatePosition(openContactId); } // opened before they came: they are among its next ones
  if (mine.rows.includes(" hx-")) for (const row of rows) htmx.process(row);
  if (finishedRequest === currentRequest) $("results").setAttribute("aria-busy", "false");
}
