// Says which files were chosen and how much of them is uploaded; without this the form does the same in silence.
const size = (bytes) =>
  bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;

document.addEventListener("change", (event) => {
  const list = event.target.closest("form[data-upload]")?.querySelector("[data-chosen]");
  if (!list || event.target.type !== "file") return;
  list.replaceChildren(
    ...[...event.target.files].map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.name} · ${size(file.size)}`;
      return item;
    }),
  );
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-upload]")) return;
  const chosen = form.querySelector("input[type=file]");
  if (chosen.files.length === 0) return;
  event.preventDefault();
  const request = new XMLHttpRequest();
  const bar = form.querySelector("[data-bar]");
  const stop = form.querySelector("[data-stop]");
  const button = form.querySelector("button");
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.firstElementChild.value = (100 * loaded) / total;
    bar.querySelector("[data-share]").textContent = `${size(loaded)} / ${size(total)}`;
  });
  request.addEventListener("load", () => {
    if (request.status < 400) location.assign(request.responseURL);
    else document.querySelector("main").replaceWith(new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main"));
  });
  request.addEventListener("error", () => location.reload());
  stop.addEventListener("click", () => request.abort(), { once: true });
  request.open("POST", form.action);
  request.send(new FormData(form));
  bar.hidden = false;
  button.disabled = true;
});
