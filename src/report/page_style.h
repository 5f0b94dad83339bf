#pragma once

#include <string_view>

namespace massface {

// The style sheet of report pages. Pictures keep their sizes; rows of them wrap on narrow screens.
inline constexpr std::string_view kPageStyle = R"(
:root { color-scheme: light dark; --text: #1c1e21; --soft: #5d646d; --page: #fff; --raised: #f5f6f8; --line: #d9dce1;
  --question: #c62f2f; --match: #1f7a4d;
  --c0: #0b5cad; --c1: #c2410c; --c2: #15803d; --c3: #7e22ce; --c4: #946200; --c5: #be185d; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e8eb; --soft: #9aa2ac; --page: #16181b; --raised: #1f2226; --line: #363b42; --question: #ff7b72;
    --match: #56c28b;
    --c0: #6cb2ff; --c1: #ff9a5c; --c2: #5fd38d; --c3: #c79bff; --c4: #e5c04f; --c5: #ff8ac0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .4rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.soft, figcaption, caption, .label { color: var(--soft); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
a { color: inherit; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .25rem; font-size: .9rem; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
td { white-space: nowrap; }
th:first-child, td:first-child { text-align: left; min-width: 7rem; white-space: normal; overflow-wrap: break-word; }
article { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .75rem 1rem;
  margin: .75rem 0; break-inside: avoid; }
article p { font-size: .9rem; }
.label { font-size: .85rem; margin-top: .5rem; overflow-wrap: anywhere; }
.strip { display: flex; flex-wrap: wrap; gap: .5rem; }
figure { margin: 0; width: min-content; }
img { display: block; border-radius: 4px; border: 3px solid transparent; }
.in-question img { border-color: var(--question); }
.match img { border-color: var(--match); }
figcaption { font-size: .72rem; line-height: 1.3; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1.5rem 2rem;
  margin: 1rem 0; }
.chart { width: auto; min-width: 0; break-inside: avoid; }
.chart > svg { display: block; width: 100%; max-width: 36rem; height: auto; }
.chart .soft { font-size: .85rem; }
svg text { fill: var(--soft); font-size: 10.5px; }
svg text.axis, svg text.mark { fill: var(--text); }
svg text.mark { paint-order: stroke; stroke: var(--page); stroke-width: 3px; }
.grid { stroke: var(--line); stroke-width: .6; }
.line, .whisker { stroke: var(--c); stroke-width: 1.6; fill: none; stroke-linejoin: round; }
.band { fill: var(--c); opacity: .16; }
.area { fill: var(--c); opacity: .25; }
.dot { fill: var(--c); }
.marker { stroke: var(--text); stroke-width: .8; stroke-dasharray: 3 3; }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); }
.c3 { --c: var(--c3); } .c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .25rem 0; padding: 0; list-style: none;
  font-size: .85rem; overflow-wrap: anywhere; }
details { margin: .25rem 0; font-size: .9rem; }
summary { cursor: pointer; color: var(--soft); font-size: .85rem; }
:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }
.cases { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16.2rem), 1fr)); gap: .75rem; }
.cases article { margin: 0; padding: .6rem .75rem; }
@media print {
  :root { color-scheme: light; --text: #000; --soft: #444; --page: #fff; --raised: #fff; --line: #bbb;
    --question: #c62f2f; --match: #1f7a4d;
    --c0: #0b5cad; --c1: #c2410c; --c2: #15803d; --c3: #7e22ce; --c4: #946200; --c5: #be185d; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  img, svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .table { overflow: visible; }
  .table th, .table td { min-width: 0; white-space: normal; overflow-wrap: anywhere; padding-right: .6rem; }
  .charts { grid-template-columns: 1fr 1fr; }
}
)";

}  // namespace massface
