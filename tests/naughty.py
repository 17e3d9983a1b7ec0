"""Texts that have a meaning to somebody on their way; none of them has one to pybridge."""

CONTROL = [
    "\0",
    "a\0b",
    "\x01\x02\x03",
    "\x07",
    "\x08\x08",
    "\x0b\x0c",
    "\x1b",
    "\x1b[31mred\x1b[0m",
]
CONTROL += [
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x7f",
    "\x80\x9f",
    "\x85",
    "\x9b31m",
    "\r\n\r\n",
    "\t\v\f",
]

UNICODE = [
    "\ud800",  # halves of surrogate pairs
    "\udfff",
    "a\ud83db",
    "\ude00\ud83d",
    "\U0001f600",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
    "\U0001f1e6\U0001f1e7",  # a flag of no country
    "\U0001f44d\U0001f3ff",  # a skin tone
    "e\u0301" * 20,
    "z" + "\u0300\u0301\u0302\u0303\u0304" * 40,  # marks that climb over the lines
    "\u200b\u200c\u200d\u2060\ufeff",  # no width
    "\u00ad",  # soft hyphen
    "\u202eright to left\u202c",
    "\u2066isolated\u2069\u2067",
    "\u200f\u200e",
    "\u2028\u2029",
    "\ufffe\uffff",
    "\ufffd",
    "\u180e\u2800\u3164",  # empty, and not white space
    "\uff1cscript\uff1e",  # full width
    "\ufb01nd \u1e9e \u0130",  # change their length in another case
    "\u0153\u00e6\u00df",
    "\u4f60\u597d\uc548\ub155",
    "\u0645\u0631\u062d\u0628\u0627",
    "\U000e0041\U000e0042",  # tags
    "\ue000",  # private
    "\u0378",  # of nobody
]

PWN = "window.pwned=1"

MARKUP = [
    "<b>bold</b>",
    "<",
    ">",
    "&",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "&amp;amp;",
    "<!--",
    "-->",
    "<!-- --!> -->",
    "]]>",
    "<![CDATA[x]]>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE x [<!ENTITY y 'z'>]>",
    f"<script>{PWN}</script>",
    f"</script><script>{PWN}</script>",
    f"</style><script>{PWN}</script>",
    f"</title></textarea></option></select><script>{PWN}</script>",
    f"--><script>{PWN}</script><!--",
    f"<SCRIPT\x20SRC=data:text/javascript,{PWN}></SCRIPT>",
    f"<scr<script>ipt>{PWN}</script>",
    f"<img src=x onerror={PWN}>",
    f"<svg onload={PWN}>",
    f"<svg><script>{PWN}</script></svg>",
    f"<svg><animate onbegin={PWN} attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={PWN}>",
    "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<iframe src=javascript:parent.pwned=1></iframe>",
    f"<details open ontoggle={PWN}>",
    f"<input autofocus onfocus={PWN}>",
    f"<body onload={PWN}>",
    f"<a href=javascript:{PWN}>x</a>",
    f"<form action=javascript:{PWN}><button>x",
    f"<object data=javascript:{PWN}>",
    f"<meta http-equiv=refresh content='0;url=javascript:{PWN}'>",
    "<base href=//example.invalid/>",
    "<link rel=stylesheet href=data:text/css,*{{display:none}}>",
    "<style>*{display:none}</style>",
    "<plaintext>",
    "<xmp>",
    "<noscript><p title='</noscript><script>window.pwned=1</script>'>",
    "<template><script>window.pwned=1</script></template>",
]

ATTRIBUTES = [
    '"',
    "'",
    "`",
    "\"'`",
    f'" onmouseover="{PWN}" x="',
    f"' onfocus='{PWN}' autofocus='",
    f'"><script>{PWN}</script>',
    f"'><img src=x onerror={PWN}>",
    f"x onerror={PWN}",
    f"javascript:{PWN}",
    f"JaVa\tScRiPt:{PWN}",
    f"data:text/html,<script>{PWN}</script>",
    "expression(alert(1))",
    "url(javascript:window.pwned=1)",
    "red;background:url(//example.invalid)",
    "]} body{display:none} [x",
    '"] , [x="',
    "\\22 \\5d ",
]

CODE = [
    "{{ 7 * 7 }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "{# comment #}",
    "{{ self.__init__.__globals__ }}",
    "{%- raw -%}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "%s%s%s%n",
    "%(x)s",
    "{0.__class__}",
    "{!r:>1000000000}",
    "'; DROP TABLE students; --",
    '" or 1=1 #',
    "'); __import__('os').system('x'); ('",
    f'"); {PWN}; ("',
    f"`+({PWN})+`",
    f'\\"-{PWN}//',
    "$(id)",
    "`id`",
    "; rm -rf /",
    "| cat /etc/passwd",
    "%reset -f",
    "!ls",
    "?",
    "$$\\href{javascript:window.pwned=1}{x}$$",
    "$\\require{html}\\style{display:none}{x}$",
    "\\",
    "\\\\",
    "\\u0041\\x41\\101",
    "//# sourceMappingURL=x",
    "*/ window.pwned=1 /*",
]

PATHS = [
    "..",
    "../x",
    "../../../../etc/passwd",
    "..\\..\\x",
    "/etc/x",
    "C:\\x",
    "C:x",
    "\\\\host\\share",
    "~/x",
    "~root",
    "a/../../b",
    "%2e%2e%2f",
    "file:///etc/passwd",
    "//example.invalid/x",
    "CON",
    "NUL.txt",
    "a:b",
    ".",
    "x.png\0.exe",
    "-rf",
    "--help",
]

WORDS = [
    "",
    " ",
    "  a  ",
    "\u00a0",
    "0",
    "-0",
    "1e400",
    "0x10",
    "1_000",
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "null",
    "None",
    "undefined",
    "true",
    "False",
    "[object Object]",
    "9" * 400,
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
    "then",
    "__class__",
    "__init__",
    "$",
    "length",
    "name",
    "innerHTML",
]

LONG = ["x" * 20_000, "<" * 5_000, "\u202e" * 2_000, "&" * 5_000, "\n" * 2_000, "<i>" * 2_000]

STRINGS = [*CONTROL, *UNICODE, *MARKUP, *ATTRIBUTES, *CODE, *PATHS, *WORDS, *LONG]
