"""Paint probes: scripts in the page that measure when the rows of an input were painted."""

from __future__ import annotations

# Start of both probes. A message posted in a frame is delivered after that frame was handed over for painting: `then`
# gets that time and the rows of the frame, and returns whether to wait for the next frame.
EACH_FRAME = """(() => {
  if (!location.protocol.startsWith("http")) return;
  const eachFrame = (count, then) => {
    const channel = new MessageChannel();
    let rows = 0;
    const frame = () => requestAnimationFrame(() => { rows = count(); channel.port2.postMessage(null); });
    channel.port1.onmessage = () => { if (then(performance.now(), rows)) frame(); };
    frame();
  };
"""

# Rows below the fold are rendered a frame later: the time until all are painted is measured too.
DESK_PROBE = (
    EACH_FRAME
    + """
  performance.setResourceTimingBufferSize(10000);
  const shown = () => Array.from(document.querySelectorAll("tr[data-contact-id]"), (row) => row.dataset.contactId);
  let typed = 0, before = "", settle = () => {};
  window.benchArm = () => { window.benchSample = new Promise((resolve) => { settle = resolve; }); };
  addEventListener("input", (event) => {
    if (event.target.id === "search") { typed = event.timeStamp; before = shown().join(); }
  }, true);
  new MutationObserver(() => {
    if (!typed) return;
    const swapped = performance.now();
    if (shown().join() === before) return;
    const started = typed;
    let painted = 0;
    typed = 0;
    eachFrame(() => shown().length, (now, rows) => {
      painted ||= now;
      if (rows < 50) return true;
      const fetched = performance.getEntriesByType("resource").filter(
        (entry) => entry.initiatorType === "fetch" && entry.startTime >= started).at(-1);
      settle({ typed: started, swapped, painted, complete: now, rows,
        asked: fetched?.startTime, answered: fetched?.responseEnd });
    });
  }).observe(document, { childList: true, subtree: true });
})()"""
)

ADMIN_PROBE = (
    EACH_FRAME
    + """
  const pressed = Number(sessionStorage.getItem("pressed"));
  sessionStorage.removeItem("pressed");
  addEventListener("keydown", (event) => {
    if (event.key === "Enter") sessionStorage.setItem("pressed", performance.timeOrigin + event.timeStamp);
  }, true);
  window.benchSample = new Promise((resolve) => {
    eachFrame(() => document.querySelectorAll("#result_list tbody tr").length, (now, rows) => {
      if (rows < 50) return true;
      resolve({ painted: performance.timeOrigin + now - pressed, rows });
    });
  });
})()"""
)
