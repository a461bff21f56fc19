// Ctrl-K: go to a customer or a page by a few letters.
const palette = document.getElementById("palette");
const field = palette?.querySelector("input");
const links = () => [...palette.querySelectorAll(".found a")];

function show() {
  palette.showModal();
  field.select();
  palette.dispatchEvent(new CustomEvent("palette-opened"));
}

function move(step) {
  const all = links();
  if (all.length === 0) return;
  const at = all.indexOf(document.activeElement);
  const next = at + step;
  if (next < 0) field.focus();
  else all[Math.min(next, all.length - 1)].focus();
}

document.addEventListener("keydown", (event) => {
  if (!palette || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (palette.open) palette.close();
  else show();
});

palette?.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && event.target === field && links().length > 0) links()[0].click();
  else return;
  event.preventDefault();
});

palette?.addEventListener("click", (event) => {
  if (event.target === palette) palette.close();
});
