package io.sparkpeft.recipe;

import io.sparkpeft.adapter.PeftType;
import java.util.Map;
import java.util.TreeMap;

/** For every key a value, as {@code --set} takes it, that is not its default. */
final class OtherValues {
  private OtherValues() {}

  /** As far as they go together with adapters of that type. */
  static Map<String, String> of(PeftType type) {
    Map<String, String> values = all();
    RecipeKeys.all().stream()
        .filter(key -> AdapterSection.isOfOtherMethod(key, type))
        .forEach(key -> values.remove(key.name()));
    values.put("adapter.peft_type", type.name());
    return values;
  }

  static Map<String, String> all() {
    Map<String, String> values = new TreeMap<>();
    values.put("run.id", "a-run");
    values.put("run.cache", "/scratch");
    values.put("report.results", "/runs/merge-a");
    values.put("model.path", "/model");
    values.put("convert.format", "litgpt");
    values.put("convert.max_position_embeddings", "4096");
    values.put("model.dtype", "bfloat16");
    values.put("model.quantization", "fp4");
    values.put("model.double_quant", "false");
    values.put("model.quantization_blocksize", "128");
    values.put("data.source", "/data.csv");
    values.put("data.format", "csv");
    values.put("data.template", "none");
    values.put("data.max_length", "256");
    values.put("data.overlong", "truncate");
    values.put("data.on_bad_record", "reject");
    values.put("data.train_on_prompt", "true");
    values.put("data.packing", "true");
    values.put("data.validation_fraction", "0.1");
    values.put("data.table", "/table");
    values.put("tables.root", "/tables");
    values.put("adapter.peft_type", "VBLORA");
    values.put("adapter.r", "4");
    values.put("adapter.lora_alpha", "8");
    values.put("adapter.lora_dropout", "0.1");
    values.put("adapter.target_modules", "all-linear");
    values.put("adapter.exclude_modules", "lm_head");
    values.put("adapter.rank_pattern", "{ layers.0.q_proj = 4 }");
    values.put("adapter.alpha_pattern", "{ \"layers.0.q_proj\": 2.5 }");
    values.put("adapter.use_rslora", "true");
    values.put("adapter.init_lora_weights", "gaussian");
    values.put("adapter.bias", "lora_only");
    values.put("adapter.use_dora", "true");
    values.put("adapter.lora_bias", "true");
    values.put("adapter.trainable_token_indices", "{ embed_tokens = [3, 1], lm_head = [3] }");
    values.put("adapter.ensure_weight_tying", "true");
    values.put("adapter.layers_to_transform", "0,2");
    values.put("adapter.layers_pattern", "[h]");
    values.put("adapter.modules_to_save", "score");
    values.put("adapter.num_vectors", "64");
    values.put("adapter.vector_length", "32");
    values.put("adapter.topk", "3");
    values.put("adapter.save_only_topk_weights", "true");
    values.put("adapter.vblora_dropout", "0.1");
    values.put("adapter.init_vector_bank_bound", "0.01");
    values.put("adapter.init_logits_std", "0.2");
    values.put("adapter.feedforward_modules", "down_proj");
    values.put("adapter.init_ia3_weights", "false");
    values.put("adapter.num_virtual_tokens", "30");
    values.put("adapter.init_weights", "zero");
    values.put("adapter.bottleneck_size", "32");
    values.put("adapter.non_linearity", "relu");
    values.put("adapter.adapter_dropout", "0.1");
    values.put("adapter.use_parallel_adapter", "true");
    values.put("adapter.use_adapterp", "true");
    values.put("adapter.scaling", "2");
    values.put("adapter.path", "/adapter");
    values.put("train.learning_rate", "1e-3");
    values.put("train.weight_decay", "0");
    values.put("train.epochs", "2");
    values.put("train.max_steps", "10");
    values.put("train.global_batch_size", "64");
    values.put("train.micro_batch_size", "2");
    values.put("merge.base", "dequantized");
    values.put("merge.mode", "safe_merge");
    values.put("merge.adapters", "/adapters/one,/adapters/two");
    values.put("merge.combination_type", "svd");
    values.put("merge.weights", "0.5,-1");
    values.put("merge.svd_rank", "3");
    values.put("merge.prompts", "/prompts.txt");
    values.put("train.loraplus_lr_ratio", "16");
    values.put("train.loraplus_lr_embedding", "2e-6");
    values.put("train.learning_rate_vector_bank", "3e-3");
    values.put("train.learning_rate_logits", "3e-2");
    values.put("train.optimizer", "sgd");
    values.put("train.optimizer_memory", "12 MiB");
    values.put("train.betas", "[0.8, 0.95]");
    values.put("train.eps", "1e-6");
    values.put("train.momentum", "0.5");
    values.put("train.lr_scheduler", "linear");
    values.put("train.warmup_steps", "3");
    values.put("train.max_grad_norm", "0");
    values.put("train.gradient_checkpointing", "true");
    values.put("train.seed", "-1");
    values.put("train.ranks", "2");
    values.put("train.save_steps", "5");
    values.put("train.keep_checkpoints", "3");
    values.put("train.resume", "never");
    values.put("train.max_attempts", "2");
    values.put("eval.tasks", "arithmetic_2da,perplexity");
    values.put("eval.source", "/eval");
    values.put("eval.limit", "10");
    values.put("eval.num_fewshot", "5");
    values.put("eval.compare_base", "true");
    values.put("eval.batch_size", "4");
    values.put("gate.run_id", "an-evaluation");
    values.put("gate.reference", "promoted");
    values.put("gate.required_tasks", "perplexity,blimp_*");
    values.put("gate.min", "{ arithmetic_2da.acc = 0.8 }");
    values.put("gate.max", "{ perplexity.loss = 1.5 }");
    values.put("gate.max_regression", "{ \"blimp_*.acc\" = 0.02 }");
    values.put("gate.max_regression_stderr", "{ \"*.acc\" = 2 }");
    values.put("gate.min_gain", "{ arithmetic_2da.acc = 0.1 }");
    values.put("gate.min_gain_stderr", "{ arithmetic_2da.acc = 3 }");
    values.put("gate.partial_tasks", "true");
    values.put("promote.name", "sums");
    values.put("promote.version", "3");
    values.put("promote.gate_run_id", "a-gate");
    values.put("promote.without_gate", "true");
    values.put("download.repo_id", "owner/name");
    values.put("download.repo_type", "dataset");
    values.put("download.revision", "v2");
    values.put("download.allow_patterns", "[\"*.json\"]");
    values.put("download.ignore_patterns", "[\"*.bin\"]");
    values.put("generate.prompt", "Hi");
    values.put("generate.prompts", "/prompts");
    values.put("generate.adapter_column", "adapter");
    values.put("generate.max_new_tokens", "5");
    values.put("generate.raw", "true");
    values.put("generate.do_sample", "true");
    values.put("generate.temperature", "0.7");
    values.put("generate.top_k", "50");
    values.put("generate.top_p", "0.9");
    values.put("generate.seed", "7");
    values.put("generate.stop_strings", "[\"\\n\", END]");
    values.put("generate.batch_size", "4");
    values.put("bench.documents", "/documents.jsonl");
    values.put("bench.warmup_steps", "1");
    values.put("bench.steps", "4");
    values.put("bench.profile_steps", "1");
    values.put("bench.workers", "3");
    values.put("bench.device", "gpu");
    values.put("output.path", "/output");
    return values;
  }
}
