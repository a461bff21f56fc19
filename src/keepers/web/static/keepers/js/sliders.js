// A number field that says how far it goes gets a slider below it; both say the same, and the field is what is sent.
const withSlider = (field) => {
  const most = Number(field.dataset.slider);
  if (!most || field.dataset.drawn) return;
  field.dataset.drawn = "yes";
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 0, max: most, step: most / 200, value: field.value === "" ? most : field.value });
  slider.setAttribute("aria-label", field.labels[0]?.textContent ?? field.name);
  slider.addEventListener("input", () => {
    field.value = Number(Number(slider.value).toPrecision(3));
  });
  field.addEventListener("input", () => {
    slider.value = field.value === "" ? most : field.value;
  });
  field.after(slider);
};
const drawAll = (root) => root.querySelectorAll("input[data-slider]").forEach(withSlider);
drawAll(document);
document.addEventListener("htmx:load", (event) => drawAll(event.target));
