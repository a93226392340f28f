// Deferred rows: rows below the fold are appended one frame later, which halves the time to paint the visible ones.
"use strict";

const ROW = '<tr role="row" data-contact-id';
let deferredRows = null; // the rows still to append, and the request they belong to

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

// A search morphs the results, which keeps the focus in them. To compare old rows with new ones, which are of other contacts, takes longer than to draw new ones.
document.addEventListener("htmx:before:swap", (event) => {
  if (isResults(event)) $("results").querySelector("tbody")?.replaceChildren();
});

document.addEventListener("htmx:after:swap", (event) => {
  const deferred = deferredRows;
  if (!isResults(event) || deferred?.request !== event.detail.ctx.request) return;
  deferred.table = $("results").querySelector("tbody");
  const painted = new MessageChannel();
  painted.port1.onmessage = () => appendDeferredRows(deferred);
  requestAnimationFrame(() => painted.port2.postMessage(null));
});

function appendDeferredRows(deferred) {
  if (deferredRows !== deferred) return; // a newer response arrived
  deferredRows = null;
  if (!deferred.table?.isConnected) return; // the table was replaced
  const template = document.createElement("template");
  template.innerHTML = deferred.rows;
  const rows = [...template.content.children];
  deferred.table.append(...rows);
  if ($("drawer")?.open) { highlightRow(openContactId); updatePosition(openContactId); } // opened before they were appended: "next" may lead to them
  if (deferred.rows.includes(" hx-")) for (const row of rows) htmx.process(row);
  if (finishedRequest === currentRequest) $("results").setAttribute("aria-busy", "false");
}
