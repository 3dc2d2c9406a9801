package io.sparkpeft.text;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.text.jinja.JinjaException;
import java.nio.file.Path;
import java.util.List;

/** The failures of tokenizers and templates. */
final class TextErrors {
  private TextErrors() {}

  static SparkPeftException noTokenizer(Path folder) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no tokenizer.json in " + folder + ".",
        "Tokenizers are read in the form of Hugging Face's fast tokenizers.",
        "Set model.path to a folder that has one; transformers writes it with"
            + " AutoTokenizer.from_pretrained(...).save_pretrained(...).");
  }

  static SparkPeftException brokenTokenizerFile(Path file, JsonProcessingException cause) {
    return SparkPeftException.of(
        DATA,
        "Cannot read " + file + " as JSON.",
        cause.getOriginalMessage() + " at line " + cause.getLocation().getLineNr() + ".",
        "Mend the file or fetch it anew.",
        cause);
  }

  static SparkPeftException unusableTokenizer(String folder, Exception cause) {
    return SparkPeftException.of(
        DATA,
        "Cannot use the tokenizer in " + folder + ".",
        "Hugging Face's tokenizers says: " + cause.getMessage() + ".",
        "Check that tokenizer.json is whole and not newer than tokenizers of DJL 0.35.",
        cause);
  }

  static SparkPeftException specialTokenWithoutId(String folder, String role, String token) {
    return SparkPeftException.of(
        DATA,
        "The tokenizer in " + folder + " names '" + token + "' as " + role + ".",
        "Its tokenizer.json has no such token.",
        "Make the two files agree.");
  }

  static SparkPeftException noEos(String folder) {
    return SparkPeftException.of(
        DATA,
        "The tokenizer in " + folder + " names no end-of-sequence token.",
        "Without one the model cannot learn where an answer ends.",
        "Set eos_token in its tokenizer_config.json.");
  }

  static SparkPeftException doubledBos(String folder, int id) {
    return SparkPeftException.of(
        DATA,
        "The tokenizer in " + folder + " begins a text with BOS (" + id + ") twice.",
        "The template writes BOS in another spelling than the tokenizer's bos_token, or twice.",
        "Take BOS out of the template.");
  }

  static SparkPeftException unknownTemplate(String choice, List<String> names) {
    String hint = Nearest.to(choice, names).map(name -> " Did you mean '" + name + "'?").orElse("");
    return SparkPeftException.of(
        CONFIGURATION,
        "There is no template '" + choice + "'.",
        "data.template is one of " + String.join(", ", names) + ", or the path of a Jinja file.",
        "Set data.template to one of them." + hint);
  }

  static SparkPeftException conversationNeedsChatTemplate(String name, int turns) {
    return SparkPeftException.of(
        DATA,
        "A conversation of " + turns + " turns does not fit the template '" + name + "'.",
        "It frames one question of a user and at most one answer of the assistant.",
        "Set data.template to a chat template, such as chatml.");
  }

  static SparkPeftException brokenTemplate(String name, JinjaException cause) {
    return SparkPeftException.of(
        DATA,
        "The chat template '" + name + "' cannot be rendered.",
        "It says: " + cause.getMessage() + ".",
        "Mend the template or the messages, or choose another template by data.template.",
        cause);
  }

  static SparkPeftException answersNotFound(String name) {
    return SparkPeftException.of(
        DATA,
        "The chat template '" + name + "' does not tell where the assistant's answers stand.",
        "The text up to a turn is not the beginning of the text with that turn, so what the"
            + " model is to learn cannot be marked.",
        "Choose another template by data.template, or split the conversations.");
  }
}
