// The tab of this page stands within a row of tabs that is wider than the screen.
for (const current of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = current.closest(".tabs");
  const beyond = current.getBoundingClientRect().right - tabs.getBoundingClientRect().right;
  if (beyond > 0) tabs.scrollLeft = beyond + current.offsetWidth / 2;
}
