"""Reference values of PEFT's other methods on a tiny random LLaMA, by transformers 5.23.0, peft 0.21.2,
torch 2.9.1.

    PYTHONHASHSEED=0 python methods.py ../resources/io/sparkpeft/model [name ...]

writes, for each method, an adapter of the model "untied" of llama.py, and what the two compute
together: logits, loss and gradients (without dropout and with a given mask), greedy text,
log-likelihoods. PEFT has no bottleneck adapters: those of LLM-Adapters' fork of it (arXiv:2304.01933)
are computed by a few lines of torch here.
"""

import json
import pathlib
import sys

import families
import llama
import torch
from peft import IA3Config, PrefixTuningConfig, VBLoRAConfig, get_peft_model
from safetensors.torch import save_file
from transformers.activations import ACT2FN

BANK = {"r": 2, "num_vectors": 20, "vector_length": 4, "topk": 2, "vblora_dropout": 1 - llama.KEEP}
METHODS = {
    "vblora": (VBLoRAConfig, {**BANK, "target_modules": llama.LINEAR}),
    "vblora_topk": (
        VBLoRAConfig,
        {**BANK, "topk": 3, "save_only_topk_weights": True, "target_modules": llama.LINEAR},
    ),
    "vblora_many": (
        VBLoRAConfig,
        {
            **BANK,
            "r": 1,
            "num_vectors": 300,
            "save_only_topk_weights": True,
            "target_modules": ["down_proj"],
            "layers_to_transform": [1],
        },
    ),
    "vblora_saved": (
        VBLoRAConfig,
        {**BANK, "target_modules": ["q_proj", "down_proj"], "modules_to_save": ["lm_head", "norm"]},
    ),
    "vblora_topk_saved": (
        VBLoRAConfig,
        {
            **BANK,
            "save_only_topk_weights": True,
            "target_modules": ["v_proj"],
            "modules_to_save": ["embed_tokens"],
        },
    ),
    "ia3": (IA3Config, {}),
    "ia3_saved": (IA3Config, {"modules_to_save": ["input_layernorm", "lm_head"]}),
    "ia3_all": (
        IA3Config,
        {"target_modules": llama.LINEAR, "feedforward_modules": ["up_proj", "o_proj", "lm_head"]},
    ),
    "ia3_all_linear": (
        IA3Config,
        # The default, down_proj, is what PEFT computes the same with; its own file it then refuses.
        {
            "target_modules": "all-linear",
            "feedforward_modules": [f"model.layers.{n}.mlp.down_proj" for n in range(2)],
        },
    ),
    "prefix": (PrefixTuningConfig, {"num_virtual_tokens": 5}),
    "prefix_projected": (
        PrefixTuningConfig,
        {"num_virtual_tokens": 5, "prefix_projection": True, "encoder_hidden_size": 7},
    ),
}
SAME = {"ia3_all_linear": {"target_modules": "all-linear"}}
STEPS, RATE, WEIGHT_DECAY = 5, 0.01, 0.1
PREFIXED = ["gpt2", "opt", "gpt_neox", "phi", "mistral", "qwen2_window", "gemma2", "gemma3"]
PREFIXED += ["phi3_longrope", "falcon_rw"]
SCALED = ["gpt2", "opt", "gpt_neox", "phi"]
WHOLE = {
    "ia3-saved_phi": (IA3Config, {"modules_to_save": ["dense", "final_layernorm"]}),
    "ia3-saved_gpt2": (IA3Config, {"modules_to_save": ["ln_f", "wte"]}),
    "vblora-all_gpt2": (VBLoRAConfig, {**BANK, "bias": "all", "target_modules": ["c_attn", "c_fc"]}),
    "vblora-only_opt": (
        VBLoRAConfig,
        {
            **BANK,
            "bias": "vblora_only",
            "target_modules": ["q_proj", "fc1"],
            "modules_to_save": ["fc2", "final_layer_norm"],
        },
    ),
}
# Experts and routers are no linear layers where transformers keeps each in one parameter.
WHOLE |= {
    "vblora-linear_mixtral": (VBLoRAConfig, {**BANK, "target_modules": "all-linear"}),
    "vblora-linear_qwen3_moe": (VBLoRAConfig, {**BANK, "target_modules": "all-linear"}),
    "ia3-default_mixtral": (IA3Config, {}),
    "ia3-linear_mixtral": (IA3Config, {"target_modules": "all-linear", "feedforward_modules": []}),
    "ia3-linear_qwen3_moe": (
        IA3Config,
        {
            "target_modules": "all-linear",
            "feedforward_modules": [f"model.layers.{n}.self_attn.o_proj" for n in range(2)],
        },
    ),
}
SAME |= {
    "ia3-linear_mixtral": {"target_modules": "all-linear"},
    "ia3-linear_qwen3_moe": {"target_modules": "all-linear", "feedforward_modules": ["o_proj"]},
}
DROPPED = 1 - llama.KEEP
BOTTLENECKS = {
    "bottleneck_houlsby": {
        "bottleneck_size": 3,
        "scaling": 0.5,
        "adapter_dropout": DROPPED,
        "target_modules": ["o_proj", "down_proj"],
    },
    "bottleneck_series": {"bottleneck_size": 3, "non_linearity": "gelu", "adapter_dropout": DROPPED},
    "bottleneck_pfeiffer": {"bottleneck_size": 4, "non_linearity": "relu", "use_adapterp": True},
    "bottleneck_parallel": {
        "bottleneck_size": 2,
        "non_linearity": "silu",
        "scaling": 2.0,
        "adapter_dropout": DROPPED,
        "use_parallel_adapter": True,
    },
}


def untied():
    rope = {"rope_type": "default", "rope_theta": 500.0}
    return llama.decoder(llama.config(False, 12, rope_parameters=rope), 1)


def randomized(model):
    """Values that move the logits: an untrained IA3 is the base itself."""
    torch.manual_seed(5)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "vblora_logits" in name:
                parameter.normal_(0, 1)
            elif "ia3" in name:
                parameter.normal_(1, 0.3)
            elif parameter.requires_grad:
                parameter.normal_(0, 0.4)
    return model.eval()


def adapted(name):
    model = untied()
    model.name_or_path = "tiny"
    if name in BOTTLENECKS:
        return randomized(BottleneckModel(model, BOTTLENECKS[name]))
    kind, settings = METHODS[name]
    return randomized(get_peft_model(model, kind(task_type="CAUSAL_LM", **settings)))


def require_same(name, expected):
    """PEFT computes the same with settings that its own reading refuses."""
    kind, _ = METHODS[name]
    other = randomized(get_peft_model(untied(), kind(task_type="CAUSAL_LM", **SAME[name])))
    logits = other(input_ids=llama.tokens(10, 200)[None]).logits[0, ::8]
    assert torch.equal(logits, expected)


def put_masks(model, cells):
    generator = torch.Generator().manual_seed(13)
    masks = {}
    for name, module in model.named_modules():
        if hasattr(module, "vblora_dropout"):
            mask = torch.rand(cells, module.in_features, generator=generator) < llama.KEEP
            masks["mask." + name.removeprefix("base_model.model.")] = mask.to(torch.uint8)
            module.vblora_dropout["default"] = llama.GivenMask(mask)
        elif isinstance(module, Bottleneck) and "adapter_dropout" in model.settings:
            mask = torch.rand(cells, module.in_features, generator=generator) < llama.KEEP
            masks["mask." + name.removeprefix("model.")] = mask.to(torch.uint8)
            module.keep = llama.GivenMask(mask)
    return masks


class Bottleneck(torch.nn.Module):
    """A linear layer with an adapter before it, behind it or beside it, as LLM-Adapters has them."""

    def __init__(self, base, place, settings):
        super().__init__()
        self.base_layer, self.place = base, place
        self.in_features = base.out_features if place == "behind" else base.in_features
        to = base.in_features if place == "before" else base.out_features
        size = settings["bottleneck_size"]
        self.adapter_down = torch.nn.Linear(self.in_features, size, bias=False)
        self.adapter_up = torch.nn.Linear(size, to, bias=False)
        self.activation = ACT2FN[settings.get("non_linearity", "tanh")]
        self.scaling = settings.get("scaling", 1.0)
        self.keep = torch.nn.Identity()

    def narrow(self, x):
        return self.adapter_up(self.activation(self.adapter_down(self.keep(x)))) * self.scaling

    def forward(self, x):
        if self.place == "before":
            return self.base_layer(self.narrow(x) + x)
        y = self.base_layer(x)
        return y + self.narrow(y if self.place == "behind" else x)


class BottleneckModel(torch.nn.Module):
    """Saves what that fork of PEFT would, with the keys that PEFT gives every adapter."""

    def __init__(self, model, settings):
        super().__init__()
        self.model, self.settings = model.requires_grad_(False), settings
        targets = settings.get("target_modules")
        if targets is None and settings.get("use_parallel_adapter"):
            targets = ["q_proj", "v_proj", "k_proj"]
        elif targets is None:
            targets = ["down_proj"]
            targets += [] if settings.get("use_adapterp") else ["gate_proj", "up_proj"]
        self.targets = targets
        for path, module in list(model.named_modules()):
            name = path.rpartition(".")[2]
            if name in targets:
                place = "before" if name in ("gate_proj", "up_proj") else "behind"
                place = "beside" if settings.get("use_parallel_adapter") else place
                parent = model.get_submodule(path.rpartition(".")[0])
                setattr(parent, name, Bottleneck(module, place, settings))

    def forward(self, **inputs):
        return self.model(**inputs)

    def generate(self, **inputs):
        return self.model.generate(**inputs)

    def save_pretrained(self, folder, save_embedding_layers):
        folder.mkdir(parents=True, exist_ok=True)
        trained = {n: p for n, p in self.named_parameters() if p.requires_grad}
        tensors = {"base_model." + name: p.detach() for name, p in trained.items()}
        save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
        keys = dict(
            adapter_dropout=0.0, auto_mapping=None, base_model_name_or_path="tiny", bias="none",
            bottleneck_size=256, fan_in_fan_out=False, inference_mode=True, init_weights="bert",
            modules_to_save=None, non_linearity="tanh", peft_type="BOTTLENECK", peft_version=None,
            revision=None, scaling=1.0, task_type="CAUSAL_LM", use_adapterp=False,
            use_parallel_adapter=False,
        )
        keys.update(self.settings, target_modules=self.targets)
        (folder / "adapter_config.json").write_text(json.dumps(keys))


def saved_name(name):
    """The key in adapter_model.safetensors of a parameter as torch names it."""
    name = name.replace(".modules_to_save", "")
    if "vblora_vector_bank" in name:
        return "base_model.vblora_vector_bank"
    if "adapter_" in name:
        return "base_model." + name
    return "prompt_embeddings" if name == "prompt_encoder.embedding.weight" else name


def projected_names(model):
    """Of what is trained with prefix_projection, and by PEFT saved nowhere."""
    return {name.replace(".default", ""): p for name, p in model.named_parameters() if p.requires_grad}


def five_steps(model, ids, targets):
    """What a projection begins with, and what AdamW makes of it: mean losses, parameters, prompt."""
    expected = {"begin." + name: p.detach().clone() for name, p in projected_names(model).items()}
    optimizer = torch.optim.AdamW(projected_names(model).values(), lr=RATE, weight_decay=WEIGHT_DECAY)
    losses = []
    for _ in range(STEPS):
        loss, _ = llama.loss_and_gradients(model, ids, targets, "")
        count = int(targets.sum())
        losses.append(loss / count)
        for parameter in projected_names(model).values():
            parameter.grad /= count
        optimizer.step()
    expected |= {"end." + name: p.detach().clone() for name, p in projected_names(model).items()}
    expected["end.prompt_embeddings"] = model.get_prompt_embedding_to_save("default")
    trainable, _ = model.get_nb_trainable_parameters()
    return expected, {"step_losses": losses, "trainable": trainable}


def is_projected(settings):
    return settings.get("prefix_projection", False)


def gradients_of(model, prefix, ids, targets, settings):
    loss, gradients = llama.loss_and_gradients(model, ids, targets, "")
    key = str if is_projected(settings) else saved_name
    return loss, {prefix + key(name): g for name, g in gradients.items()}


def sort_sets(path):
    """Sorts what PEFT holds as sets, whose order it leaves to chance."""
    keys = json.loads(path.read_text())
    for key, value in keys.items():
        if isinstance(value, list):
            keys[key] = sorted(value)
    path.write_text(json.dumps(keys, indent=2, sort_keys=True))


def write(folder, model, settings):
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder / "adapter", save_embedding_layers=False)
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    sort_sets(folder / "adapter" / "adapter_config.json")
    long = llama.tokens(10, 200)
    ids, targets, lengths = llama.batch()
    with torch.no_grad():
        expected = {"adapted_logits": model(input_ids=long[None]).logits[0, ::8].clone()}
        lengths_of_texts = (3, 9, 30, 5)
        scored = [{"tokens": llama.tokens(20 + n, n).tolist(), "from": n // 2} for n in lengths_of_texts]
        for text in scored:
            text["sum"] = llama.log_likelihood(model, text["tokens"], text["from"])
        text = [llama.greedy(model, prompt) for prompt in llama.PROMPTS]
    if folder.name in SAME:
        require_same(folder.name, expected["adapted_logits"])
    loss, gradients = gradients_of(model, "gradient.", ids, targets, settings)
    expected.update(gradients)
    masks = put_masks(model, ids.numel())
    expected.update(masks)
    facts = {}
    if masks:
        model.train()
        facts["dropped_loss"], gradients = gradients_of(
            model, "dropped_gradient.", ids, targets, settings
        )
        expected.update(gradients)
    facts.update(
        settings=settings,
        long=long.tolist(),
        tokens=ids.flatten().tolist(),
        targets=targets.flatten().tolist(),
        lengths=lengths,
        loss=loss,
        prompts=llama.PROMPTS,
        greedy=text,
        scored=scored,
    )
    if is_projected(settings):
        tensors, steps = five_steps(model, ids, targets)
        expected.update(tensors)
        facts.update(steps)
    save_file(expected, folder / "expected.safetensors")
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def adapted_family(family, kind, settings):
    model = families.decoder(families.config(family), families.SEEDS[family])
    model.name_or_path = "tiny"
    return randomized(get_peft_model(model, kind(task_type="CAUSAL_LM", **settings)))


def of_family(folder, family, kind, settings):
    """What another family computes with an adapter: biases, windows, other positions."""
    model = adapted_family(family, kind, settings)
    model.save_pretrained(folder / "adapter", save_embedding_layers=False)
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    sort_sets(folder / "adapter" / "adapter_config.json")
    long = families.tokens(10, families.LONG)
    logits = model(input_ids=long[None]).logits[0]
    if folder.name in SAME:
        same = adapted_family(family, kind, SAME[folder.name])
        assert torch.equal(same(input_ids=long[None]).logits[0], logits)
    loss = torch.nn.functional.cross_entropy(logits[:-1], long[1:], reduction="sum")
    loss.backward()
    expected = {"adapted_logits": logits.detach().clone()}
    for name, parameter in families.trainable(model).items():
        expected["gradient." + saved_name(name.replace(".default", ""))] = parameter.grad.clone()
    save_file(expected, folder / "expected.safetensors")
    facts = {"long": long.tolist(), "loss": loss.item(), "settings": settings}
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def main(root, names):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    settings = {name: settings for name, (_, settings) in METHODS.items()} | BOTTLENECKS
    for name in [name for name in settings if name in names or not names]:
        write(root / "methods" / name, adapted(name), settings[name])
    for family in [] if names else PREFIXED:
        folder = root / "methods_of_families" / f"prefix_{family}"
        of_family(folder, family, PrefixTuningConfig, {"num_virtual_tokens": 4})
    for family in [] if names else SCALED:
        of_family(root / "methods_of_families" / f"ia3_{family}", family, IA3Config, {})
    for name, (kind, settings) in WHOLE.items():
        if name in names or not names:
            family = name.partition("_")[2]
            of_family(root / "methods_of_families" / name, family, kind, settings)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
