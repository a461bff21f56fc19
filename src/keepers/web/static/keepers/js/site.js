// For a firm's own site: sends its forms without leaving the page, and follows visits of those who agreed. No cookies.
(() => {
  const me = document.currentScript;
  const root = `${new URL(me.src).origin}/web/${me.dataset.form}/`;
  const shelf = `keepers-${me.dataset.form}`;
  let visitor = null;
  const post = (where, body) => fetch(root + where, { method: "POST", body, credentials: "omit", keepalive: true });
  const see = (more) => {
    if (!visitor) return;
    const page = location.origin + location.pathname;
    post("visits/", JSON.stringify({ visitor, page, title: document.title, ...more })).catch(() => {});
  };
  const consent = (yes) => {
    if (!yes || navigator.globalPrivacyControl) {
      visitor = null;
      localStorage.removeItem(shelf);
      return;
    }
    visitor = localStorage.getItem(shelf) || crypto.randomUUID();
    localStorage.setItem(shelf, visitor);
    see();
  };
  const say = (form, text) => {
    let told = form.querySelector("[role=status]");
    if (!told) {
      told = document.createElement("p");
      told.setAttribute("role", "status");
      form.append(told);
    }
    told.textContent = text;
  };
  const fresh = async () => (await (await fetch(`${root}token/`, { credentials: "omit" })).json()).token;
  const take = async (form) => {
    let token = await fresh();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const sent = new FormData(form);
      sent.set("token", token);
      sent.set("page", location.origin + location.pathname);
      if (visitor) sent.set("visitor", visitor);
      const answer = await (await post("answers/", new URLSearchParams(sent))).json();
      const wrong = Object.values(answer.errors || {}).flat();
      say(form, answer.thanks || answer.error || wrong.map((each) => each.message).join(" "));
      if (answer.thanks) form.reset();
      token = await fresh();
    });
  };
  for (const form of document.querySelectorAll(`form[data-keepers][action="${root}"]`)) take(form).catch(() => {});
  window.keepers = { consent, see, identify: (email, signature) => see({ email, signature }) };
  if (me.dataset.consent === "given" || localStorage.getItem(shelf)) consent(true);
})();
