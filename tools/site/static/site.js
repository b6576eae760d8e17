// Open the folded part that the address points into, and all of them for printing; let the keyboard scroll what is wide.
(function () {
  "use strict";

  function open() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    // An address names a section; its folded part lies inside it.
    const inside = target.querySelector(":scope > details.further");
    for (let part = inside || target.closest("details"); part; part = part.parentElement.closest("details")) {
      part.open = true;
    }
    target.scrollIntoView();
  }

  /** Tables and formulas that are wider than the page scroll by themselves: by the arrow keys too. */
  function reachable() {
    for (const part of document.querySelectorAll(".pst-scrollable-table-container, .bd-article .math")) {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    }
  }

  window.addEventListener("load", reachable);
  window.addEventListener("resize", reachable);
  window.addEventListener("hashchange", open);
  document.addEventListener("DOMContentLoaded", open);
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((part) => (part.open = true));
  });
})();
