// Profile switcher and command list: comboboxes over plain links, so that opening in a new tab works. Each is a popover
// whose link names it ("data-popover"). Of many profiles the first are here, and the input asks for those that match: until
// they are here, what is here is filtered, and nothing is said of what is not. Uses $ and announce of announce.js.
"use strict";

{
  const SPOKEN_AFTER = 400; // milliseconds without a key, so that a screen reader is not interrupted at every letter
  const LETTERS = { ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", æ: "ae", œ: "oe" }; // the same table as in contacts_ui/text.py

  // The text without case and accents, for comparison. Upper case first: ß becomes SS, and the dotless i an I.
  const fold = (text) => text.toUpperCase().toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[øłđðþæœ]/g, (letter) => LETTERS[letter]);

  const MAX_FIND = 100; // characters that the server reads of a name
  const NUMBER_DIGITS = 3; // typed digits from which on a text may be a part of a number

  let returnTo = null; // what had the focus when a popover opened
  let optionsRequest = null; // the last request for the options
  let picker = null; // the open popover: its elements, all options, the matching ones, and the active one
  let speech = 0;

  const isOpen = (pop) => pop.matches(":popover-open");
  const openerOf = (pop) => document.querySelector(`[data-popover="${pop.id}"]`);
  const isPicker = (element) => Boolean(element?.id && openerOf(element));

  /* --- Open and close --- */

  document.addEventListener("htmx:before:request", (event) => {
    const link = event.detail.ctx.sourceElement.closest?.("[data-popover]");
    if (!link) return;
    optionsRequest = event.detail.ctx;
    const pop = $(link.dataset.popover);
    if (isOpen(pop)) return;
    returnTo = document.activeElement === document.body ? link : document.activeElement;
    const home = document.querySelector("dialog:modal") ?? document.body; // outside a modal dialog it would be inert
    if (pop.closest("dialog, body") !== home) home.append(pop);
    pop.showPopover({ source: link });
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const pop = event.detail.ctx.target;
    if (picker && event.detail.ctx.sourceElement === picker.input) showFound();
    if (!isPicker(pop)) return;
    if (isOpen(pop)) prepare(pop);
    else pop.replaceChildren(); // closed before the response arrived
  });

  document.addEventListener("htmx:finally:request", (event) => {
    if (event.detail.ctx !== optionsRequest) return;
    const pop = optionsRequest.target;
    if (isPicker(pop) && isOpen(pop) && !pop.childElementCount) pop.hidePopover(); // the notice shows the error
  });

  document.addEventListener("toggle", (event) => {
    if (!isPicker(event.target)) return;
    openerOf(event.target).setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "open") return;
    clearTimeout(speech);
    picker = null;
    event.target.replaceChildren();
  }, true);

  // A press outside closes the popover, on its link too: the click after that press must not open it again.
  let wasOpen = null;
  document.addEventListener("pointerdown", (event) => {
    const pop = $(event.target.closest?.("[data-popover]")?.dataset.popover);
    wasOpen = pop && isOpen(pop) ? pop : null;
  }, true);
  document.addEventListener("click", (event) => {
    if (!wasOpen || isModified(event) || !event.detail || event.target.closest?.("[data-popover]")?.dataset.popover !== wasOpen.id) return;
    event.preventDefault();
    event.stopPropagation();
    wasOpen.hidePopover();
    wasOpen = null;
  }, true);

  document.addEventListener("focusout", (event) => {
    const pop = pickerAround(event.target);
    if (pop && isOpen(pop) && event.relatedTarget && !pop.contains(event.relatedTarget)) pop.hidePopover();
  });

  /* --- The list --- */

  const pickerAround = (element) => {
    const pop = element.closest?.("[popover]");
    return isPicker(pop) ? pop : null;
  };

  function prepare(pop) {
    const input = pop.querySelector("[role=combobox]");
    if (!input) { picker = null; return; } // an error is shown instead
    picker = { pop, input };
    readOptions();
    if (pop.dataset.typed) { // in the command list
      input.value = pop.dataset.typed;
      delete pop.dataset.typed;
      input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    } else if (pop.dataset.only) showMatches("", (option) => option.group.dataset.kind === pop.dataset.only);
    input.focus();
  }

  // Read once, so that a key press costs comparisons and no DOM reads.
  function readOptions() {
    const { pop } = picker;
    const options = [...pop.querySelectorAll("[role=option]")].map((link) => {
      const group = link.parentElement;
      return { link, key: fold(link.querySelector("span").textContent), group, typed: { search: true, find: false }[group.dataset.kind], fits: !link.hidden };
    });
    Object.assign(picker, { options, at: -1, active: undefined, list: pop.querySelector("[role=listbox]"), none: pop.querySelector(".popover__none"), count: pop.querySelector("[data-count]") });
    picker.fitting = options.filter((option) => option.fits);
  }

  // The profiles that the server found, where there are more than were sent. An option that was chosen meanwhile stays so.
  function showFound() {
    if (!picker.pop.querySelector("[role=listbox]")) { // an error came instead
      picker.pop.hidePopover();
      showNotice("fault");
      return;
    }
    const chosen = picker.at > 0 ? picker.active.href : null;
    readOptions();
    filterOptions();
    const at = picker.fitting.findIndex((option) => option.link.href === chosen);
    if (at > 0) activate(at);
    if (picker.entered && picker.fitting.length === 1) picker.active.click();
  }

  function filterOptions() {
    const typed = picker.input.value.trim(), words = fold(typed).split(/\s+/), { only } = picker.pop.dataset;
    const isNumber = (typed.match(/\p{Nd}/gu) ?? []).length >= NUMBER_DIGITS;
    showMatches(typed, ({ typed: asNumber, key, group }) => (asNumber ? isNumber : asNumber === false ? typed && !isNumber && !only : (!only || group.dataset.kind === only) && words.every((word) => key.includes(word))));
  }

  function showMatches(typed, matches) {
    picker.fitting = picker.options.filter((option) => {
      const fits = matches(option);
      if (fits !== option.fits) option.link.hidden = !fits;
      option.fits = fits;
      if (fits && option.typed !== undefined) option.link.querySelector("b").textContent = typed;
      return fits;
    });
    const groups = new Set(picker.fitting.map((option) => option.group));
    for (const group of picker.list.children) group.hidden = !groups.has(group);
    showCount(typed);
    activate(typed && picker.fitting.length ? 0 : -1);
    picker.list.scrollTop = 0;
  }

  function showCount(typed) {
    const figure = (number) => number.toLocaleString("en"), { one, many, find, matching } = picker.list.dataset;
    const found = matching === undefined ? picker.fitting.length : Number(matching), all = picker.options.length;
    clearTimeout(speech);
    if (matching !== undefined && find !== typed.slice(0, MAX_FIND)) { // the server is being asked
      picker.list.hidden = !picker.fitting.length;
      picker.input.setAttribute("aria-expanded", String(picker.fitting.length > 0));
      picker.none.hidden = true;
      return;
    }
    if (picker.count && matching === undefined) picker.count.textContent = found === all ? figure(all) : `${figure(found)} of ${figure(all)}`;
    picker.none.querySelector("span").textContent = typed;
    picker.none.hidden = found > 0;
    picker.list.hidden = !found;
    picker.input.setAttribute("aria-expanded", String(found > 0));
    const words = found ? `${figure(found)} ${found === 1 ? one : many}` : picker.none.textContent;
    speech = setTimeout(() => announce(words), SPOKEN_AFTER);
  }

  function activate(at) {
    picker.active?.setAttribute("aria-selected", "false");
    picker.at = at;
    picker.active = picker.fitting[at]?.link;
    if (!picker.active) { picker.input.removeAttribute("aria-activedescendant"); return; }
    picker.active.setAttribute("aria-selected", "true");
    picker.input.setAttribute("aria-activedescendant", picker.active.id);
    if (at) picker.active.scrollIntoView({ block: "nearest" });
    else picker.list.scrollTop = 0; // so that the heading above the first one is visible too
  }

  /* --- Keys and clicks --- */

  const MOVES = {
    ArrowDown: (at, last) => (at < last ? at + 1 : 0),
    ArrowUp: (at, last) => (at > 0 ? at - 1 : last),
    Home: () => 0,
    End: (at, last) => last,
    PageDown: (at, last) => Math.min(at + rows(), last),
    PageUp: (at) => Math.max(at - rows(), 0),
  };
  const rows = () => Math.max(1, Math.floor(picker.list.clientHeight / picker.fitting[0].link.offsetHeight) - 1);
  const isModified = (event) => event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;

  document.addEventListener("input", (event) => {
    if (event.target !== picker?.input) return;
    picker.entered = false;
    filterOptions();
  });

  document.addEventListener("keydown", (event) => {
    const pop = pickerAround(event.target);
    if (!pop || event.isComposing || isModified(event)) return;
    if (event.key === "Escape") {
      pop.hidePopover();
      (returnTo?.isConnected ? returnTo : openerOf(pop)).focus(); // Safari does not focus a clicked link, and so would not restore the focus
    } else if (MOVES[event.key] && event.target === picker?.input) {
      if (picker.fitting.length) activate(MOVES[event.key](picker.at, picker.fitting.length - 1));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  // Enter, by the submit event: the key that ends an IME composition does not fire it.
  document.addEventListener("submit", (event) => {
    if (!picker || !event.target.contains(picker.input)) return;
    event.preventDefault();
    if (picker.active) picker.active.click();
    else picker.entered = true; // before the server had answered: the only match is meant
  });

  // A press in the list keeps the focus in the input; the price is that links cannot be dragged.
  document.addEventListener("mousedown", (event) => {
    if (pickerAround(event.target) && event.target.closest(".popover__list, .popover__foot, .popover__none")) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[role=option]"), pop = link && pickerAround(link);
    if (!pop || event.defaultPrevented || event.button || isModified(event)) return;
    if (link.closest("[data-kind=profiles]")) document.dispatchEvent(new CustomEvent("desk:profile-change", { detail: { title: link.querySelector("span").textContent } }));
    pop.hidePopover();
  });
}
