// A list under the hand: arrows and j/k move, Enter opens the page, a click on a row looks beside the list, Esc closes.
import { isWriting } from "./keys.js";

const rows = () => [...document.querySelectorAll("[data-list] [data-row]")];
const peekOf = (row) => row.querySelector("[data-peek]");
const list = () => document.querySelector("[data-list]");
const panel = () => document.querySelector("[data-list] #panel");
const isOpen = () => panel()?.firstElementChild != null;

function mark(row) {
  for (const other of rows()) other.removeAttribute("aria-current");
  row?.setAttribute("aria-current", "true");
}

function look(row) {
  mark(row);
  peekOf(row).click();
}

function close() {
  const row = rows().find((each) => each.hasAttribute("aria-current"));
  const here = new URL(location);
  here.searchParams.delete("open");
  history.replaceState(history.state, "", here);
  panel().replaceChildren();
  mark(null);
  row?.querySelector("a").focus();
}

function move(step) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement) || row.hasAttribute("aria-current"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest" });
  if (isOpen()) look(next);
}

const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

const onClick = (event) => {
  const row = event.target.closest("[data-list] [data-row]");
  if (list() && event.target.closest("[data-close]")) {
    event.preventDefault();
    event.stopPropagation();
    close();
  }
  if (!row) return;
  if (event.target.closest("[data-peek]")) mark(row);
  else if (!event.target.closest("a, button, input") && getSelection().isCollapsed) look(row);
};

const onKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !panel()) return;
  if (event.key === "Escape" && isOpen() && !document.querySelector("dialog[open], details.popover[open]")) {
    close();
  } else if (event.key in STEPS && !isWriting(event.target) && rows().length > 0) {
    if (event.target.closest("dialog, details[open], [role='menu']")) return;
    event.preventDefault();
    move(STEPS[event.key]);
  } else if (event.key === "o" && !isWriting(event.target)) {
    const row = document.activeElement.closest("[data-row]");
    if (row) look(row);
  }
};

// Before others hear of it: Esc that closes a menu leaves the panel open, and no link is followed that only closes.
document.addEventListener("keydown", onKey, true);
document.addEventListener("click", onClick, true);
