"""What tests/test_injection.py writes into specs, and the specs it writes it into."""

from __future__ import annotations

PIECES = (
    *(
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        '\\"',
        "\n",
        "\r",
        "\t",
        "\x00",
        "\x85",
        "\u2028",
        "\x1b[31m",
        "\u202e",
        "\ufeff",
        "\ud800",
    ),
    *("#", "{", "}", "{}", "{0}", "{{", "{{ 7 * 7 }}", "#%", "%#", "{%", "#{#", "%s", "%(default)s", "$", "`", "::"),
    *('"); import os; ("', "' + exec('1') + '", '""")\nimport os', "\\N{BULLET}", "f'{1}'", "\\u0022", "__import__"),
    *("a", "b c", "/", "..", "*", "?", "[", "]", "-", "é", "ﬁ", "\U0001f600", " ", ".", "train", "self", "0"),
    "data/",
)
SAMPLES = "loader = DataLoader(batch_size=8)  sample (image, label)\n}\n"
LEARNING = "loss CrossEntropyLoss()\noptimizer SGD(lr=0.1)\ntrain { epochs = 1 }\n"
NET = "model Net() { input image: f32[N, 1, 8, 8]  output image -> flatten(1) -> fc: Linear(_, 10) }\n"
PICTURES = """
data {
  train = TRAIN
  test = TEST
  transform = Grayscale() -> Resize((8, 8)) -> ToTensor
"""
NUMBERS = """
model Net() { input row: f32[N, 8]  output row -> Linear(_, 8) }
data { train = SOURCE  loader = DataLoader(batch_size=8)  sample (row: f32[N, 8], label: f32[N, 8]) }
""" + LEARNING.replace("CrossEntropyLoss", "MSELoss")


def many(text: str, between: str = "\n", count: int = 8) -> str:
    """The text several times, `%` numbered."""
    return between.join(text.replace("%", str(number)) for number in range(count))


GROUPS = many("group @% group pattern@ { lr = 0.% }")

# What stands between @ and @ is a string of the spec, of the slot that is named there: a number for each of its places,
# the slot, and how it reaches the script.
FORMS = {
    "pictures": NET
    + PICTURES.replace("TRAIN", many("ImageFolder(@% folder path@)", " or ", 4)).replace(
        "TEST", many("ImageFolder(@% folder of a split path@)", " or ", 4)
    )
    + SAMPLES
    + LEARNING,
    "tables": NUMBERS.replace("SOURCE", many('table(@% table table@, target=["a", "b"])', " or "))
    .replace("label: f32[N, 8]", "label: f32[N, 2]")
    .replace("Linear(_, 8)", "Linear(_, 2)"),
    "columns": NUMBERS.replace(
        "SOURCE",
        f'table("t.csv", target=[{many("@% target column@", ", ")}], features=[{many("@% feature column@", ", ")}])',
    ),
    "arrays": NUMBERS.replace("SOURCE", many('tensors(@% arrays array@, keys=["a", "b"])', " or ")),
    "keys": NUMBERS.replace("SOURCE", many('tensors("t.npz", keys=[@%0 key column@, @%1 key column@])', " or ", 4)),
    "letters": """
    model Net() { input idx: i64[N, T] < 65  output idx -> a: Embedding(65, 8) -> b: Linear(_, 65) }
    data { train = SOURCE  loader = DataLoader(batch_size=8)  sample (idx, target) }
    loss cross_entropy(output.flatten(0, 1), target.flatten())
    optimizer SGD(lr=0.1)
    train { epochs = 1 }
    """.replace("SOURCE", many('text(@% text path@, level="char", length=8)', " or ")),
    "groups": NET
    + "data {\n  train = Digits(train=true)\n  transform = ToTensor\n  "
    + SAMPLES
    + LEARNING.replace(
        "lr=0.1)", "lr=0.1) { " + many("group @% group pattern@ { lr = 0.% }") + " group rest { lr = 1 } }"
    ),
    "labels": f"""
    # @0 comment comment@
    model Net() {{
      input x: f32[N, 4]  # @2 comment comment@
      {many("x = x -> @% plain label@: Linear(_, 4) -> relu  # @3% comment comment@", count=4)}
      {many("x = x -> @% group label@: { one: Linear(_, 4) -> two: ReLU }", count=4)}
      output x -> last: Linear(_, 4)
    }}
    """,
    "defaults": """
    fn named(x, word = @0 function's default label@) = x -> "{word}": Linear(_, 4) -> relu
    block Part(other = @0 block's default label@) {
      input x: f32[N, C]  # @0 comment comment@
      output x -> "{other}": Linear(_, 4) -> act: ReLU
    }
    model Net(first = @0 parameter choice@) {
      input x: f32[N, 4]
      x = if first == @0 compared choice@ { x -> relu } else { x -> tanh }
      output named(x) -> one: Part() -> two: Part()
    }
    """,
    "arguments": f"""
    fn named(x, word) = x -> "{{word}}": Linear(_, 4) -> relu
    block Part(key, other = "other") {{
      input x: f32[N, C]
      output x -> "{{key}}": Linear(_, 4) -> "{{other}}": ReLU
    }}
    model Net() {{
      input x: f32[N, 4]
      {many("x = named(x, @% function argument label@)", count=4)}
      {many("x = x -> h[%]: Part(@%0 block argument label@)", count=4)}
      {many('x = x -> k[%]: Part(@%1 block argument label@, "more")', count=4)}
      output x
    }}
    """,
    "notation": """
    model Net() {
      input x: f32[N, 6]
      a = rearrange(x, "n (@0 axis word@ two) -> n @0 axis word@ two", two=2)
      output (a, einsum("n@0 equation word@,n@0 equation word@->n@0 equation word@", x, x))
    }
    """,
    "own Python": """
    extern layer Gate(width: int, mode: str = "m"): f32[N, C] -> f32[N, width] = "mine.Gate"
    extern fn squash(k: str = "k"): f32[N, C] -> f32[N, C] = "mine.squash"
    extern dataset Points(path: str, other: str = "o"): f32[N, 4], i64[N] < 3 = "mine.Points"
    extern loss Margin(kind: str) = "mine.Margin"
    extern optimizer Lion(kind: str) = "mine.Lion"
    extern scheduler Half(kind: str) = "mine.Half"
    extern metric Share(kind: str) = "mine.Share"
    model Net() {
      input row: f32[N, 4]
      output row -> gate: Gate(4, @0 layer argument@) -> squash(@0 function argument@) -> head: Linear(_, 3)
    }
    data {
      train = Points(@0 data set argument@, other=@0 data set keyword argument@)
      test = Points("test", other="set")
      loader = DataLoader(batch_size=8)
      sample (row: f32[N, 4], label: i64[N] < 3)
    }
    loss Margin(@0 loss argument@)
    optimizer Lion(@0 optimizer argument@)
    scheduler Half(@0 scheduler argument@) per step
    metrics Share(@0 metric argument@)
    train { epochs = 1 }
    """,
    "steps": NET
    + PICTURES.replace("TRAIN", 'ImageFolder("d")').replace("  test = TEST\n", "")
    + SAMPLES
    + f"""
    optimizer opt = SGD(lr=0.1) for Net
    train {{
      epochs = 1
      step one with opt {{ loss = cross_entropy(Net(image), label) }}
      {many("every epoch { save_image(rand(4, 1, 8, 8), @% picture picture@) }")}
    }}
    """,
}
# The conditions of init rules depend on what the labels of a model have in common, so these are compared loosely.
RULES = f"""
    model Net() {{
      input x: f32[N, 4]
      {many("x = x -> @% ruled label@: Linear(_, 4) -> relu", count=4)}
      output x -> last: Linear(_, 4)
    }}
    init Net {{ Linear.weight = 1  {many("@% ruled label@ ~ normal(0, 0.%1)", count=4)} }}
"""
FORMS["rules"] = RULES
# So do loops, which stay loops where the labels allow it.
FORMS["loops"] = f"""
    let words = [{many("@% word label@", ", ", 4)}]
    let table = [{many("(@% table label@, 4)", ", ", 4)}]
    model Net() {{
      input x: f32[N, 4]
      {many('for i in 0..2 { x = x -> "@% loop label@{i}": Linear(_, 4) -> relu }', count=4)}
      for w in words {{ x = x -> "{{w}}": Linear(_, 4) -> relu }}
      for (w, width) in table {{ x = x -> "{{w}}": Linear(_, width) -> tanh }}
      output x -> last: Linear(_, 4)
    }}
"""
LOOSE = ("rules", "loops", "labels")
