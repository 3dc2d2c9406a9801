"""Reference values of tiny random LLaMA models, by transformers 5.23.0, peft 0.21.2, torch 2.9.1.

    python llama.py ../resources/io/sparkpeft/model

writes, for a model with its own head and one with a tied head, the checkpoint, a LoRA adapter on
all eight linear layers (B not zero), and what they compute: logits, loss and gradients (without
dropout and with a given mask, rows padded), greedy text, log-likelihoods. The variants of rotary
scaling reuse the first model's weights.
"""

import json
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

VOCABULARY = 96
LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"]
KEEP = 0.75
PROMPTS = [[1, 17, 5, 80], [1, 44], [1, 9, 9, 31, 62, 7, 20]]
SCALINGS = {
    "linear": {"rope_type": "linear", "factor": 2.5},
    "dynamic": {"rope_type": "dynamic", "factor": 2.0},
    "llama3": {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 24,
    },
    "yarn": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
}


def config(tied, head_dim, **more):
    return LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=44,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=head_dim,
        tie_word_embeddings=tied,
        rms_norm_eps=1e-5,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=None,
        **{"max_position_embeddings": 256, **more},
    )


def decoder(settings, seed):
    torch.manual_seed(seed)
    model = LlamaForCausalLM._from_config(settings, attn_implementation="eager").eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.1 if "norm" in name else 0.15
            parameter.copy_(torch.randn_like(parameter) * spread + ("norm" in name))
    return model


def tokens(seed, *shape):
    return torch.randint(3, VOCABULARY, shape, generator=torch.Generator().manual_seed(seed))


def batch():
    """Three rows of 20, 13 and 7 tokens; about half of them are to be predicted."""
    ids = tokens(11, 3, 20)
    lengths = [20, 13, 7]
    targets = torch.rand(3, 20, generator=torch.Generator().manual_seed(12)) < 0.5
    targets[:, 0] = False
    for row, length in enumerate(lengths):
        ids[row, length:] = 0
        targets[row, length:] = False
    return ids, targets, lengths


class GivenMask(torch.nn.Module):
    def __init__(self, mask):
        super().__init__()
        self.mask = mask

    def forward(self, x):
        return x * self.mask.view(x.shape) / KEEP


def loss_and_gradients(model, ids, targets, prefix):
    model.zero_grad()
    logits = model(input_ids=ids).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(
        logits.reshape(-1, VOCABULARY), ids[:, 1:].reshape(-1), reduction="none"
    )
    loss = losses[targets[:, 1:].reshape(-1)].sum()
    loss.backward()
    gradients = {
        prefix + name.replace(".default", ""): parameter.grad.clone()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    return loss.item(), gradients


def put_masks(model, cells, generator):
    masks = {}
    for name, module in model.named_modules():
        if hasattr(module, "lora_dropout"):
            mask = torch.rand(cells, module.in_features, generator=generator) < KEEP
            masks["mask." + name.removeprefix("base_model.model.")] = mask.to(torch.uint8)
            module.lora_dropout["default"] = GivenMask(mask)
    return masks


def greedy(model, prompt):
    ids = torch.tensor([prompt])
    made = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=32,
        min_new_tokens=32,
        do_sample=False,
        use_cache=True,
        pad_token_id=0,
        eos_token_id=None,
    )
    return made[0, len(prompt) :].tolist()


def log_likelihood(model, ids, start):
    logs = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
    return sum(logs[i - 1, ids[i]].item() for i in range(start, len(ids)))


def write_model(folder, settings, seed):
    model = decoder(settings, seed)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    long = tokens(10, 200)
    with torch.no_grad():
        expected = {"base_logits": model(input_ids=long[None]).logits[0, ::8].clone()}
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=4,
            lora_alpha=8,
            lora_dropout=1 - KEEP,
            target_modules=LINEAR,
            init_lora_weights=False,
            task_type="CAUSAL_LM",
        ),
    ).eval()
    adapted.save_pretrained(folder / "adapter", save_embedding_layers=False)
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    ids, targets, lengths = batch()
    with torch.no_grad():
        expected["adapted_logits"] = adapted(input_ids=long[None]).logits[0, ::8].clone()
        scored = [{"tokens": tokens(20 + n, n).tolist(), "from": n // 2} for n in (3, 9, 30, 5)]
        for text in scored:
            text["sum"] = log_likelihood(adapted, text["tokens"], text["from"])
        text = [greedy(adapted, prompt) for prompt in PROMPTS]
    loss, gradients = loss_and_gradients(adapted, ids, targets, "gradient.")
    expected.update(gradients)
    expected.update(put_masks(adapted, ids.numel(), torch.Generator().manual_seed(13)))
    adapted.train()
    dropped_loss, gradients = loss_and_gradients(adapted, ids, targets, "dropped_gradient.")
    expected.update(gradients)
    save_file(expected, folder / "expected.safetensors")
    facts = {
        "long": long.tolist(),
        "tokens": ids.flatten().tolist(),
        "targets": targets.flatten().tolist(),
        "lengths": lengths,
        "loss": loss,
        "dropped_loss": dropped_loss,
        "prompts": PROMPTS,
        "greedy": text,
        "scored": scored,
    }
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def write_scaling(folder, name, weights):
    settings = config(
        False,
        12,
        max_position_embeddings=32 if name == "dynamic" else 64,
        rope_parameters={"rope_theta": 10000.0, **SCALINGS[name]},
    )
    model = LlamaForCausalLM._from_config(settings, attn_implementation="eager").eval()
    model.load_state_dict(weights)
    folder.mkdir(parents=True, exist_ok=True)
    settings.save_pretrained(folder)
    with torch.no_grad():
        logits = model(input_ids=tokens(14, 1, 48)).logits[0, ::4].clone()
    save_file({"base_logits": logits}, folder / "expected.safetensors")
    facts = {"long": tokens(14, 48).tolist()}
    (folder / "expected.json").write_text(json.dumps(facts) + "\n")


def main(root):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    untied = config(False, 12, rope_parameters={"rope_type": "default", "rope_theta": 500.0})
    write_model(root / "untied", untied, 1)
    write_model(root / "tied", config(True, None), 2)
    weights = decoder(untied, 1).state_dict()
    for name in SCALINGS:
        write_scaling(root / ("rope_" + name), name, weights)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
