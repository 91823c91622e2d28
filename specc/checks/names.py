"""Operations by what they do, layers and functions alike."""

from __future__ import annotations

LINEAR = frozenset(("Linear", "linear"))
CONVOLUTIONS = frozenset(
    (
        "Conv1d",
        "Conv2d",
        "Conv3d",
        "ConvTranspose1d",
        "ConvTranspose2d",
        "ConvTranspose3d",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv_transpose1d",
        "conv_transpose2d",
        "conv_transpose3d",
    )
)
AFFINE = LINEAR | CONVOLUTIONS
SOFTMAX = frozenset(("Softmax", "softmax", "Softmax2d"))
LOG_SOFTMAX = frozenset(("LogSoftmax", "log_softmax"))
ANY_SOFTMAX = SOFTMAX | LOG_SOFTMAX | {"Softmin", "softmin"}
SIGMOID = frozenset(("Sigmoid", "sigmoid"))
TANH = frozenset(("Tanh", "tanh"))
SATURATING = SIGMOID | TANH
RELU = frozenset(("ReLU", "relu", "ReLU6", "relu6"))
ONE_SIDED = RELU | {"GELU", "gelu", "SiLU", "silu", "Softplus", "softplus", "Mish", "mish", "Hardswish", "hardswish"}
BATCH_NORMS = frozenset(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"))
INSTANCE_NORMS = frozenset(("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d"))
NORMS = (
    BATCH_NORMS
    | INSTANCE_NORMS
    | {"LayerNorm", "GroupNorm", "RMSNorm", "layer_norm", "group_norm", "rms_norm", "batch_norm"}
)
RECURRENT = frozenset(("RNN", "LSTM", "GRU"))
PICKING = frozenset(("argmax",))
ATTENTION = frozenset(
    (
        "MultiheadAttention",
        "TransformerEncoderLayer",
        "TransformerDecoderLayer",
        "TransformerEncoder",
        "TransformerDecoder",
        "Transformer",
    )
)

CROSS_ENTROPY = frozenset(("CrossEntropyLoss", "cross_entropy"))
NLL = frozenset(("NLLLoss", "NLLLoss2d", "nll_loss"))
BCE = frozenset(("BCELoss", "binary_cross_entropy"))
BCE_LOGITS = frozenset(("BCEWithLogitsLoss", "MultiLabelSoftMarginLoss", "binary_cross_entropy_with_logits"))
KL = frozenset(("KLDivLoss", "kl_div"))
REGRESSION = frozenset(
    ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")
)
CLASSES = CROSS_ENTROPY | NLL | {"MultiMarginLoss", "AdaptiveLogSoftmaxWithLoss"}
TRAINED = CROSS_ENTROPY | NLL | BCE | BCE_LOGITS | REGRESSION
