import { chartVariables } from '../charts/chart-theme.js';

/** Everything follows the reader's own choice of light or dark, the charts too. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${chartVariables('light')}
  --card: #f6f8fa; --edge: #d0d7de; --link: #0550ae; --warn: #8a4b00; --warn-card: #fff4e0; }
@media (prefers-color-scheme: dark) { :root { ${chartVariables('dark')}
  --card: #171d25; --edge: #30363d; --link: #79b8ff; --warn: #f0c070; --warn-card: #2b2212; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; font: 16px/1.5 'DejaVu Sans', Verdana, system-ui, sans-serif;
  background: var(--chart-background); color: var(--chart-text); overflow-wrap: anywhere; }
a { color: var(--link); }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0 0.25rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
p { margin: 0.4rem 0; }
.aside, caption { color: var(--chart-line); font-size: 0.85rem; }
caption { text-align: left; padding-bottom: 0.3rem; }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 0.6rem 1rem; }
.warn { background: var(--warn-card); color: var(--warn); border: 1px solid; border-radius: 8px;
  padding: 0.5rem 1rem; margin: 0.6rem 0; }
.scroll, .chart { overflow-x: auto; }
.chart { margin: 0; }
.chart svg { display: block; }
.charts { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: flex-start; }
.charts > * { max-width: 100%; }
table { border-collapse: collapse; font-size: 0.85rem; }
th, td { padding: 0.3rem 0.6rem; text-align: left; border-bottom: 1px solid var(--edge); vertical-align: top;
  overflow-wrap: normal; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { min-width: 12rem; overflow-wrap: anywhere; }
ul.plain { list-style: none; margin: 0; padding: 0; white-space: nowrap; }
th button { all: unset; cursor: pointer; font-weight: bold; }
th button:focus-visible { outline: 2px solid var(--link); }
th[aria-sort='ascending'] button::after { content: ' \\2191'; }
th[aria-sort='descending'] button::after { content: ' \\2193'; }
details { border: 1px solid var(--edge); border-radius: 8px; margin: 0.5rem 0; padding: 0 0.8rem; }
summary { cursor: pointer; padding: 0.5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; font-size: 0.85rem; margin: 0.5rem 0; }
dt { color: var(--chart-line); } dd { margin: 0; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.3rem; } }
pre { background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 0.6rem 1rem;
  overflow-x: auto; font-size: 0.85rem; }
code { font-family: 'DejaVu Sans Mono', ui-monospace, monospace; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 0.8rem; padding: 0; }
.picture { margin: 0; font-size: 0.78rem; line-height: 1.35; }
.picture .frame { position: relative; height: 9rem; display: flex; align-items: center; justify-content: center;
  border: 1px solid var(--chart-series0); color: var(--chart-line); text-align: center; }
.picture.wrong .frame { border: 3px solid var(--chart-series1); }
.picture img { max-width: 100%; max-height: 100%; }
.badge { position: absolute; top: 0; left: 0; min-width: 1.4rem; padding: 0 0.3rem; font-weight: bold;
  border-radius: 0 0 0.8rem 0; background: var(--chart-series0); color: var(--chart-background); }
.wrong .badge { border-radius: 0; background: var(--chart-series1); }
@media print { details { break-inside: avoid; } }
`;
