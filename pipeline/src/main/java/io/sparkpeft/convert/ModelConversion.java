package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.weights.ModelFolderWriter;
import io.sparkpeft.weights.NamedTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A model to a folder in Hugging Face's layout.
 *
 * @param from the checkpoint's folder, whose tokenizer comes along
 * @param config what config.json shall hold
 * @param planned in the order in which files are filled
 * @param conclusions what was concluded, line by line
 */
record ModelConversion(
    Format format,
    Path from,
    ObjectNode config,
    List<NamedTensor> planned,
    List<String> conclusions)
    implements Conversion {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String SENTENCEPIECE = "tokenizer.model";

  ModelConversion {
    planned = List.copyOf(planned);
    conclusions = List.copyOf(conclusions);
    config.put("torch_dtype", planned.get(0).dtype().torchName());
  }

  @Override
  public String modelType() {
    return config.get("model_type").asText();
  }

  @Override
  public String part() {
    return "model";
  }

  @Override
  public List<String> remarks() {
    List<String> remarks = new ArrayList<>(conclusions);
    if (!Files.exists(from.resolve(TOKENIZER))) {
      remarks.add(
          (Files.exists(from.resolve(SENTENCEPIECE))
                  ? "There is a tokenizer.model, which comes along, but no tokenizer.json. "
                  : "There is no tokenizer.json. ")
              + "The jobs need one: lay tokenizer.json and tokenizer_config.json of the same model"
              + " beside the weights, from its repository in Hugging Face's layout or by"
              + " AutoTokenizer.from_pretrained(...).save_pretrained(...).");
    }
    return remarks;
  }

  @Override
  public void write(Path folder, Consumer<String> messages) {
    ModelFolderWriter.write(
        folder,
        config,
        Progress.watched(planned, bytes(), messages),
        ModelFolderWriter.DEFAULT_SHARD_BYTES);
    ModelFolderWriter.copyCompanions(from, folder);
  }
}
