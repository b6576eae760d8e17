"use strict";
// Reveal begins once MathJax, where a deck has formulas, has set them: slides that are hidden have no size.
const start = () =>
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    controls: false,
    hash: true,
    progress: false,
    slideNumber: false,
    transition: "none",
    backgroundTransition: "none",
    pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1,
    // The pace in the speaker's notes.
    totalTime: Number(document.querySelector(".reveal").dataset.seconds),
    plugins: [RevealNotes, RevealZoom],
  });

if (document.querySelector('script[src$="tex-svg-full.js"]')) {
  window.MathJax = {
    tex: { inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]] },
    svg: { fontCache: "local" },
    options: { enableMenu: false },
    startup: { pageReady: () => MathJax.startup.defaultPageReady().then(start) },
  };
} else {
  start();
}
