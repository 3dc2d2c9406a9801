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

import llama
import torch
from peft import IA3Config, PrefixTuningConfig, VBLoRAConfig, get_peft_model
from safetensors.torch import save_file

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
    "ia3": (IA3Config, {}),
    "ia3_all": (
        IA3Config,
        {"target_modules": llama.LINEAR, "feedforward_modules": ["up_proj", "o_proj", "lm_head"]},
    ),
    "prefix": (PrefixTuningConfig, {"num_virtual_tokens": 5}),
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
    kind, settings = METHODS[name]
    model = untied()
    model.name_or_path = "tiny"
    return randomized(get_peft_model(model, kind(task_type="CAUSAL_LM", **settings)))


def put_masks(model, cells):
    generator = torch.Generator().manual_seed(13)
    masks = {}
    for name, module in model.named_modules():
        if hasattr(module, "vblora_dropout"):
            mask = torch.rand(cells, module.in_features, generator=generator) < llama.KEEP
            masks["mask." + name.removeprefix("base_model.model.")] = mask.to(torch.uint8)
            module.vblora_dropout["default"] = llama.GivenMask(mask)
    return masks


def saved_name(name):
    """The key in adapter_model.safetensors of a parameter as torch names it."""
    if "vblora_vector_bank" in name:
        return "base_model.vblora_vector_bank"
    return "prompt_embeddings" if "prompt_encoder" in name else name


def gradients_of(model, prefix, ids, targets):
    loss, gradients = llama.loss_and_gradients(model, ids, targets, "")
    return loss, {prefix + saved_name(name): g for name, g in gradients.items()}


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
    loss, gradients = gradients_of(model, "gradient.", ids, targets)
    expected.update(gradients)
    masks = put_masks(model, ids.numel())
    expected.update(masks)
    facts = {}
    if masks:
        model.train()
        facts["dropped_loss"], gradients = gradients_of(model, "dropped_gradient.", ids, targets)
        expected.update(gradients)
    save_file(expected, folder / "expected.safetensors")
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
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def main(root, names):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in names or METHODS:
        write(root / "methods" / name, adapted(name), METHODS[name][1])


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
