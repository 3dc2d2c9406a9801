package io.sparkpeft.convert;

import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.weights.NamedTensor;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * LoRA weights to a folder in PEFT's layout.
 *
 * @param modelType of the base
 */
record AdapterConversion(String modelType, AdapterConfig config, List<NamedTensor> planned)
    implements Conversion {

  AdapterConversion {
    planned = List.copyOf(planned);
  }

  @Override
  public Format format() {
    return Format.LITGPT_LORA;
  }

  @Override
  public List<String> remarks() {
    return List.of();
  }

  @Override
  public String part() {
    return "adapter";
  }

  @Override
  public void write(Path folder, Consumer<String> messages) {
    AdapterFiles.write(folder, config, planned);
  }
}
