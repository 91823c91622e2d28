"""Snippets that between them use every rule of the grammar."""

SAMPLES = (
    'import A, b from "x.spec"',
    'extern layer F(a: int, b = 2): f32[N, C], i64[N] -> f32[N, a] = "mine.F"',
    'extern dataset D = "mine.D"  extern fn g(): f32[N] = "mine.g"  extern loss L() = "mine.L"',
    "fn f(a, b = 1,) = a + b   fn g(a) { output a }   fn h() = { Conv2d(_, 3, 3) -> ReLU }   fn k() = conv: "
    "Conv2d(_, 3, 3)",
    "let a = 1  let b: f32[2] = 2.5  let c, _ = (1, 2)  let on = true",
    "model M { input x: f32[N, 3, ...], m: bool?  output x -> Flatten }",
    "block B() { }  block C(n: i64, drop = 0.0) { output (a=x, b=y) }",
    "model M { layer fc = Linear(10, 10)  param w: f32[1, D] ~ normal(std=0.02), trainable=false  param s: "
    "f32[] = 1.0 }",
    "model M { buffer m = arange(4), persistent=false  buffer n: i64[4] < 5 = arange(4)  tie a.weight = "
    "b[0].input }",
    'model M { order a, "b", h[0].c  assert H % 16 == 0 and not (a or b)  method encode(x) { output x } }',
    "model M { for i in 0..n { a = i }  for (k, (e, _)) in table { }  repeat 3 { b = 1 }  if c { } else if d { "
    "} else { x = 1 } }",
    "model M { y, (h, _) = x -> rnn: LSTM(_, 64)  _ = f(x)  h: f32[N, 128] = x  save(x, name=y)  nn.init(x,) }",
    'model M { x = x -> "layer{i + 1}": { A(1) -> repeat n { B } } -> transformer.h[i]: C() -> output: D -> '
    "input.let[1]: E }",
    "model M { x = a or b and not c  y = 1 < 2 <= 3 != 4 in [5] not in (6,)  z = -a ** -b * c / d // e % f @ g "
    "- h + 1 }",
    "model M { x = a[:, 0, ..., ::2, -n:, 1:2:3, :i]  y = f(x)[0].shape[2].if  z = (a)[0]  w = (1, b=2, c -> "
    "d)  v = ()  u = (n=1) }",
    "model M { x = [a, b -> c,]  y = []  z = [k // 2 for k in kernel]  w = if c { a } else if d { b } else { e "
    "}  v = {f: g} }",
    "model M { x = a -> for (i, n) in enumerate(b) { c } -> if d { e -> f } -> [0]  y = 0..n + 1  t = none  u "
    "= false  s = training }",
    "model M { loss = data -> train  step = model + block  with = sample(log, eval=1, input=2, output=3, on=4, "
    "layer=5) }",
    'init M, G { Linear.weight, Embedding.weight ~ normal(0, 0.02)  "*.c" ~ zeros()  "*.m" Linear.bias = 0 }',
    'data { train, val = split(D("x"), [0.9, 0.1], seed=0) or E()  transform = ToTensor  transform train = A '
    "-> B  loader val = DataLoader(2)  let n = 3  sample (image: f32[N, 1], label,) }",
    "loss CrossEntropyLoss()  loss kl = -0.5 * sum(x)  metrics accuracy, topk(5), mae(output, target), a=b",
    'optimizer AdamW(lr=1e-3) { group ndim >= 2 { weight_decay = 0.1 }  group "b.*" { }  lr = 2 }  optimizer o '
    "= SGD() for D, G",
    "scheduler StepLR(10) per epoch  scheduler P() on val.loss for o  scheduler s = L(min((step + 1) / 200, "
    "1.0)) per step on a",
    "train { epochs = 3  seed = 0  eval every epoch on val  eval every 2 epochs  log every 100 steps  log "
    "every n steps  save best val.acc  save every (2 * n) epochs  stop when val.loss no better for 5  buffer "
    "fixed = randn(2)  let k = 1  step d with o every 2 { a = 1 }  step g with p { }  every epoch { save(x) }  "
    "every 3 steps { } }",
    'let a = "plain"  let b = "{x}"  let c = "a{i + 1}b{{c}}"  let d = ""  let e = "\\n\\x41\\u00e9\\t\\"\\\\" '
    ' let f = "é"',
    "let a = 1_000  let b = 1e-3  let c = 1_0.5_0E+2  let d = 0",
)
