// The tick in the head of a list ticks all rows of the page.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const tick of document.querySelectorAll("input[name='chosen']")) tick.checked = event.target.checked;
});
