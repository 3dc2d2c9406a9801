"""Renders chat templates as transformers does, for the text room's tests.

Run with transformers 5.23.0 (Jinja2 3.1), from the repository's root:

    python pipeline/src/test/reference/templates.py

Reads the project's own templates (pipeline/src/main/resources/io/sparkpeft/text/templates) and the
cases below, which use what templates of real models use; writes
pipeline/src/test/resources/io/sparkpeft/text/templates.json.
"""

import json
from pathlib import Path

from transformers.utils.chat_template_utils import _compile_jinja_template

TEMPLATES = Path("pipeline/src/main/resources/io/sparkpeft/text/templates")
OUT = Path("pipeline/src/test/resources/io/sparkpeft/text/templates.json")

QUESTION = [{"role": "user", "content": "How high is {it}?\n"}]
ANSWERED = QUESTION + [{"role": "assistant", "content": " Two metres. "}]
TURNS = (
    [{"role": "system", "content": "Be brief."}]
    + ANSWERED
    + [{"role": "user", "content": "Why \U0001F600?"}, {"role": "assistant", "content": "It grew."}]
)
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "height",
            "description": "The height <of> a \"thing\" & caf\u00e9.",
            "parameters": {"properties": {"thing": {"type": "string"}}, "required": ["thing"]},
        },
    }
]

FEATURES = {
    "trimmed blocks": "  {% if true %}\n  a\n  {% endif %}\nb\n",
    "left stripped only before blocks": "x  {% if true %}y{% endif %}\n   {{ 'z' }}",
    "dashes": "a \n {%- if true -%} \n b \n {%- endif %}\n c {{- ' d ' -}} \n e",
    "plus keeps": "  {%+ if true %}a{% endif %}",
    "comments": "a{# not 'shown #}b\n{#- nor this -#}\n c",
    "raw": "{% raw %}{{ x }}{% endraw %}",
    "line breaks in texts": "{{ 'a\nb' + \"c\\nd\" + 'it\\'s' }}",
    "set and conditions": "{% set x = 'a' if messages|length > 1 else 'b' %}{{ x }}{{ 'c' if x == 'z' }}",
    "elif": "{% for i in range(4) %}{% if i == 0 %}a{% elif i < 3 %}b{% else %}c{% endif %}{% endfor %}",
    "block set": "{% set x %}a{{ 1 + 1 }}{% endset %}[{{ x }}]",
    "namespace": "{% set ns = namespace(n=0, t='') %}{% for m in messages %}{% set ns.n = ns.n + 1 %}"
    "{% set ns.t = ns.t ~ m.role[0] %}{% endfor %}{{ ns.n }}{{ ns.t }}",
    "scopes": "{% set x = 1 %}{% for i in [1, 2] %}{% set x = 5 %}{% endfor %}{{ x }}",
    "loop": "{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}"
    "{{ loop.length }}{{ loop.revindex }}{{ loop.previtem.role if loop.previtem }}"
    "{{ loop.nextitem.role if loop.nextitem is defined }};{% endfor %}",
    "loop else and filter": "{% for m in messages if m.role == 'tool' %}x{% else %}none{% endfor %}",
    "loop controls": "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}"
    "{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "unpacking": "{% for k, v in {'a': 1, 'b': [2, 3]}.items() %}{{ k }}={{ v }};{% endfor %}",
    "dict of sorted": "{% for k, v in {'b': 1, 'a': 2}|dictsort %}{{ k }}{{ v }}{% endfor %}",
    "slices": "{{ messages[1:]|length }}{{ 'abcdef'[1:-1] }}{{ 'abc'[::-1] }}{{ [1,2,3][-1] }}{{ [1, 2, 3][:2] }}",
    "macro": "{% macro say(who, what='hi', end='.') -%}\n{{ who }}: {{ what }}{{ end }}\n{%- endmacro %}"
    "{{ say('a') }}{{ say('b', what='yes') }}{{ say('c', 'no', end='!') }}",
    "recursive macro": "{% macro down(n) %}{{ n }}{% if n > 0 %}{{ down(n - 1) }}{% endif %}{% endmacro %}{{ down(3) }}",
    "tests": "{{ x is defined }}{{ messages is iterable }}{{ 'a' is string }}{{ 1 is number }}{{ {} is mapping }}"
    "{{ none is none }}{{ 3 is odd }}{{ true is true }}{{ x is not defined }}{{ [] is sequence }}{{ 4 is divisibleby 2 }}",
    "texts": "{{ ' a b '.strip() }}|{{ 'xxa'.lstrip('x') }}|{{ 'a,b,c'.split(',')[-1] }}|{{ 'ab'.upper() }}|"
    "{{ 'a b'.split() }}|{{ 'ab'.startswith('a') }}|{{ 'aXbX'.replace('X', '-') }}|{{ 'x'.join(['a', 'b']) }}|"
    "{{ 'a:b:c'.split(':', 1) }}|{{ 'hello world'.title() }}|{{ 'abc'.find('c') }}",
    "filters": "{{ ' a '|trim }}|{{ [3, 1]|sort|join(', ') }}|{{ 'aB'|lower }}|{{ 'a'|upper }}|{{ [1, 2]|first }}|"
    "{{ [1, 2]|last }}|{{ y|default('d') }}|{{ 'abc'|length }}|{{ '5'|int + 1 }}|{{ 'a\nb'|indent(2) }}|"
    "{{ 'a\nb'|indent(2, true) }}|{{ [1, 2]|list }}|{{ 'a-b'|replace('-', '+') }}|{{ 'ab'|capitalize }}|"
    "{{ none|default('e', true) }}|{{ 1.5|string }}|{{ [1, none]|reject('none')|list }}|{{ -2|abs }}",
    "selected": "{{ messages|selectattr('role', 'equalto', 'user')|list|length }}"
    "{{ messages|map(attribute='role')|join(',') }}{{ messages|rejectattr('role', 'equalto', 'user')|map(attribute='role')|list }}",
    "operators": "{{ 7 // 2 }}{{ 7 % 4 }}{{ 2 ** 3 }}{{ 7 / 2 }}{{ -1 + 2 * 3 }}{{ 1 < 2 and not 3 > 4 or false }}"
    "{{ 'a' in 'cat' }}{{ 'role' in messages[0] }}{{ 3 not in [1, 2] }}{{ 1 ~ 'b' }}{{ 'ab' * 2 }}{{ [1] + [2] }}",
    "printing": "{{ true }}{{ none }}{{ 1.0 }}{{ [1, 'a', none, true] }}{{ {'a': 'it\\'s'} }}{{ ('x', 1) }}{{ missing }}",
    "json": "{{ tools|tojson }}\n{{ tools|tojson(indent=2) }}\n{{ {'b': 1, 'a': [], 'c': {}, 'd': none, 'e': 1.5, 'f': true}|tojson }}",
    "attributes": "{{ tools[0].function.name }}{{ tools[0]['function'].parameters.properties.thing.type }}"
    "{{ messages[0].get('role') }}{{ messages[0].get('x', 'none') }}{{ messages[0].get('x') is none }}{{ messages[0].x is defined }}",
    "generation": "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}[{{ m.content }}]{% endgeneration %}"
    "{% else %}{{ m.content }}{% endif %}{% endfor %}",
    "call with text and json": "{{ '<tool>' + (tools[0].function | tojson) + '</tool>' }}",
    "call block": "{% macro box(x) %}[{{ x }}{{ caller() }}]{% endmacro %}{% call box('a') %}b{{ 1 + 1 }}{% endcall %}",
    "spread arguments": "{% macro two(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ two(*['x', 'y']) }}",
    "tight json": "{{ tools[0].function.parameters|tojson(separators=(',', ':')) }}",
    "filter block": "{% filter upper %}abc{% endfilter %}",
    "chained comparisons": "{{ 1 < 2 < 3 }}{{ not messages }}{{ messages and 'yes' }}{{ '' or 'other' }}",
}

RAISING = {
    "raised": "{{ raise_exception('Only users may speak') }}",
    "raised in a loop": "{% for m in messages %}{% if m.role == 'assistant' %}{{ raise_exception('No ' + m.role) }}{% endif %}{% endfor %}",
}


def case(name, template, messages, **more):
    variables = dict(messages=messages, bos_token="<s>", eos_token="</s>", add_generation_prompt=False, **more)
    try:
        expected, error = _compile_jinja_template(template).render(**variables), None
    except Exception as problem:  # what a template raises is a jinja2 TemplateError
        expected, error = None, str(problem)
    return {"name": name, "template": template, "variables": variables, "expected": expected, "error": error}


def cases():
    for file in sorted(TEMPLATES.glob("*.jinja")):
        template = file.read_text()
        for name, messages in [("question", QUESTION), ("answered", ANSWERED), ("turns", TURNS)]:
            yield case(f"{file.stem}, {name}", template, messages)
        asked = case(f"{file.stem}, to be answered", template, QUESTION)
        asked["variables"]["add_generation_prompt"] = True
        asked["expected"] = _compile_jinja_template(template).render(**asked["variables"])
        yield asked
    for name, template in FEATURES.items():
        made = case(name, template, ANSWERED, tools=TOOLS)
        assert made["error"] is None, (name, made["error"])
        yield made
    for name, template in RAISING.items():
        yield case(name, template, ANSWERED)


def main():
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(list(cases()), indent=1, ensure_ascii=True) + "\n")


if __name__ == "__main__":
    main()
