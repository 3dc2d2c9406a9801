package io.sparkpeft.adapter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import java.util.Arrays;

/** The methods of PEFT's that we implement: its peft_type. */
public enum PeftType {
  LORA,
  VBLORA,
  IA3,
  PREFIX_TUNING,
  /** LLM-Adapters' own, see {@link BottleneckConfig}. */
  BOTTLENECK;

  private PeftKeys.Schema schema() {
    return switch (this) {
      case LORA -> LoraKeys.SCHEMA;
      case VBLORA -> VbLoraKeys.SCHEMA;
      case IA3 -> Ia3Keys.SCHEMA;
      case PREFIX_TUNING -> PrefixTuningKeys.SCHEMA;
      case BOTTLENECK -> BottleneckKeys.SCHEMA;
    };
  }

  static PeftType of(JsonNode value, String source, ExitCode exitCode) {
    return Arrays.stream(values())
        .filter(type -> type.name().equals(value.textValue()))
        .findFirst()
        .orElseThrow(() -> AdapterErrors.notImplemented(source, exitCode, "peft_type", value));
  }

  PeftKeys keys(String source, ExitCode exitCode) {
    return new PeftKeys(schema(), source, exitCode);
  }

  /** What people call it. */
  String method() {
    return schema().name();
  }

  AdapterConfig config(ObjectNode checkedKeys) {
    return switch (this) {
      case LORA -> new LoraConfig(checkedKeys);
      case VBLORA -> new VbLoraConfig(checkedKeys);
      case IA3 -> new Ia3Config(checkedKeys);
      case PREFIX_TUNING -> new PrefixTuningConfig(checkedKeys);
      case BOTTLENECK -> new BottleneckConfig(checkedKeys);
    };
  }
}
