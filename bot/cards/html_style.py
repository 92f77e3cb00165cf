"""The look of cards in HTML, light and dark."""

from typing import Final

STYLE: Final = """
:root{--page:#f4f5f7;--card:#fff;--text:#1c1e21;--dim:#5f6670;--line:#dfe2e6;--link:#0b57d0;--mark:#fff1b8;
--button:#eef0f3;--primary:#0b57d0;--danger:#b3261e;--arxiv:#b31b1b;--huggingface:#f0a400;--notice:#b26a00;--other:#5b7083}
@media (prefers-color-scheme:dark){:root{--page:#16181b;--card:#212429;--text:#e6e8ea;--dim:#a2a9b3;--line:#363b42;
--link:#8ab4f8;--mark:#5a4a12;--button:#2f343b;--primary:#2f6fd6;--danger:#c5433b;--arxiv:#e06060;--huggingface:#ffd21e;
--notice:#ffb74d;--other:#7d93a6}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:46rem;background:var(--page);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
header{margin:0 0 1.25rem}
h1{font-size:1.35rem;line-height:1.3;margin:0}
.subtitle{margin:.2rem 0 0;color:var(--dim)}
.card{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--other);border-radius:10px;
padding:.9rem 1.1rem;margin:0 0 1rem}
.from-arxiv{border-left-color:var(--arxiv)}.from-huggingface{border-left-color:var(--huggingface)}
.from-error{border-left-color:var(--danger)}.from-notice{border-left-color:var(--notice)}
h2{font-size:1.08rem;line-height:1.35;margin:0 0 .25rem;font-weight:650}
p{margin:.35rem 0}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
.note,.picture{color:var(--dim);font-size:.875rem}
.paper p b{background:var(--mark);border-radius:3px;padding:0 .12em}
.paper .note b{background:none}
code{font:.9em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,monospace;background:var(--button);border-radius:4px;padding:.1em .3em}
pre{font:.85rem/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace;background:var(--button);border-radius:6px;
padding:.6rem .8rem;margin:.5rem 0;white-space:pre-wrap}
hr{border:0;border-top:1px solid var(--line);margin:.8rem 0}
ul{list-style:none;margin:.4rem 0;padding:0}
li{padding:.55rem 0;border-top:1px solid var(--line)}li:first-child{border-top:0}
li .line,li .note{display:block}
.actions{display:flex;flex-wrap:wrap;gap:.4rem;margin-top:.6rem;align-items:flex-start}
li .actions{margin-top:.3rem}
.button,summary{display:inline-block;background:var(--button);color:var(--text);border-radius:6px;padding:.22rem .7rem;
font-size:.875rem;cursor:default}
a.button{color:var(--link);cursor:pointer}
.button.primary{background:var(--primary);color:#fff}.button.danger{background:var(--danger);color:#fff}
summary{list-style:none;cursor:pointer}summary::-webkit-details-marker{display:none}
.menu{display:flex;flex-wrap:wrap;gap:.4rem;margin-top:.4rem}
@media (max-width:480px){body{padding:1rem .6rem 2rem}.card{padding:.75rem .8rem}}
"""
"""No rule loads anything; colours keep a contrast of 4.5 to 1 for text (https://www.w3.org/TR/WCAG22/#contrast-minimum)."""
