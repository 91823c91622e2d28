"""Names of other libraries, and of what torch has and a spec needs no name for: what to write instead."""

from __future__ import annotations

from specc.types.tensor import TORCH_NAMES

# By torch's containers, by Keras, by Python. A name that only differs in spelling is found by its likeness.
INSTEAD: dict[str, str] = {
    "Sequential": "steps follow one another: x -> Linear(_, 64) -> ReLU -> Linear(_, 10)",
    "ModuleList": "layers are made in a loop: repeat n { ... }, or for i in 0..n { ... }",
    "ModuleDict": "layers are made in a loop, with labels: for name in names { ... }",
    "ParameterList": "parameters are made in a loop, with paths: param scale[i]: f32[D] = 1.0",
    "Module": "a network is written model Name { ... }, a part of one block Name() { ... }",
    "Parameter": "a parameter is written param name: f32[D] ~ normal(std=0.02)",
    "Compose": "transforms follow one another: ToTensor -> Normalize((0.5,), (0.5,))",
    "Dense": "write Linear(_, 64), and the activation as a step of its own: -> ReLU",
    "Input": "an input is written input name: f32[N, 3, 32, 32]",
    "InputLayer": "an input is written input name: f32[N, 3, 32, 32]",
    "Activation": "write the activation itself: -> ReLU",
    "Convolution2D": "write Conv2d(_, 32, 3)",
    "DepthwiseConv2D": "write Conv2d(_, _, 3, groups=_)",
    "Conv2DTranspose": "write ConvTranspose2d(_, 32, 2, stride=2)",
    "MaxPooling1D": "write MaxPool1d(2)",
    "MaxPooling2D": "write MaxPool2d(2)",
    "AveragePooling2D": "write AvgPool2d(2)",
    "GlobalAveragePooling1D": "write mean over the time axis: -> mean(1)",
    "GlobalAveragePooling2D": "write AdaptiveAvgPool2d(1) -> Flatten",
    "GlobalMaxPooling2D": "write AdaptiveMaxPool2d(1) -> Flatten",
    "BatchNormalization": "write BatchNorm2d(_) for maps, BatchNorm1d(_) for features",
    "LayerNormalization": "write LayerNorm(_)",
    "GroupNormalization": "write GroupNorm(8, _)",
    "UpSampling2D": "write Upsample(scale_factor=2)",
    "ZeroPadding2D": "write ZeroPad2d(1)",
    "SpatialDropout2D": "write Dropout2d(0.5)",
    "Reshape": "write Unflatten(1, (64, 7, 7))",
    "Permute": "write permute(0, 2, 1)",
    "RepeatVector": "write unsqueeze(1) -> expand(-1, n, -1)",
    "TimeDistributed": "a layer works on the last axis as it is",
    "Bidirectional": "write LSTM(_, 64, batch_first=true, bidirectional=true)",
    "MultiHeadAttention": "write (q, k, v) -> attn: MultiheadAttention(_, 8, batch_first=true)",
    "Concatenate": "write cat([a, b], 1)",
    "Add": "write a + b",
    "Multiply": "write a * b",
    "Lambda": "a function is written fn name(x) = ...",
    "print": "a spec prints nothing; specc summary shows sizes",
    "model": "a layer is a step of a chain; an optimizer takes the parameters of its models by itself",
    "super": "a model needs no constructor: its layers stand in its chains",
}

# The dtypes of a spec by what torch calls them.
DTYPE_NAMES: dict[str, str] = {torch: dtype for dtype, torch in TORCH_NAMES.items()} | {
    "float": "f32", "double": "f64", "half": "f16", "long": "i64", "byte": "u8", "Tensor": "f32", "FloatTensor": "f32",
    "LongTensor": "i64",
}  # fmt: skip
