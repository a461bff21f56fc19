// Work under the hand: arrows and j/k move between tasks, d is done, a figure says what came of it, x lets it go.
import { isWriting } from "./keys.js";

const lines = () => [...document.querySelectorAll("[data-work]")];
const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

function move(step) {
  const all = lines();
  const at = all.findIndex((line) => line.contains(document.activeElement));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.querySelector("[data-first]").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isWriting(event.target)) return;
  if (lines().length === 0 || document.querySelector("[data-list], dialog[open]")) return;
  if (event.key in STEPS) {
    event.preventDefault();
    move(STEPS[event.key]);
    return;
  }
  const line = document.activeElement.closest("[data-work]");
  const button = line?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
