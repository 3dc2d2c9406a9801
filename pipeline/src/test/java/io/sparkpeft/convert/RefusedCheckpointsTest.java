package io.sparkpeft.convert;

import static io.sparkpeft.convert.Checkpoints.copy;
import static io.sparkpeft.convert.Checkpoints.replace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.convert.Conversion.Wanted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is not converted, and what is said of it. */
class RefusedCheckpointsTest {
  private static final String YAML = "model_config.yaml";
  private static final String PARAMS = "params.json";

  @TempDir Path folder;

  @Test
  void whatIsNotThere() {
    refused(folder.resolve("none"), ExitCode.MISSING_INPUT)
        .hasMessageStartingWith("Cannot read the folder " + folder.resolve("none") + ".");
    refused(folder, ExitCode.MISSING_INPUT)
        .hasMessage(
            "There is nothing to convert in "
                + folder
                + ". The folder is empty. Converted are Meta's consolidated.NN.pth, Mistral's"
                + " consolidated.safetensors, LitGPT's lit_model.pth and lit_model.pth.lora. Set"
                + " model.path to the folder that the weights themselves are in.");
  }

  @Test
  void aModelInHuggingFacesLayoutAlready() throws IOException {
    Path model = Checkpoints.converted("lit_llama", folder);
    refused(model, ExitCode.MISSING_INPUT)
        .hasMessageContaining("It has config.json, model.safetensors.")
        .hasMessageEndingWith("Use it as it is: it is in Hugging Face's layout already.");
  }

  /** As litgpt finetune leaves them beside each other. */
  @Test
  void aFolderOfTwoCheckpointsUnlessOneIsWanted() throws IOException {
    Path lit = copy("lit_llama", folder);
    Path lora = Checkpoints.path("lit_llama.lora");
    for (String name : new String[] {"lit_model.pth.lora", "hyperparameters.yaml"}) {
      Files.copy(lora.resolve(name), lit.resolve(name));
    }
    refused(lit, ExitCode.CONFIGURATION)
        .hasMessage(
            "There is more than one checkpoint in "
                + lit
                + ": lit_model.pth, lit_model.pth.lora. Which one is meant cannot be told from the"
                + " folder. Set convert.format to litgpt or litgpt_lora.");
    for (Format format : new Format[] {Format.LITGPT, Format.LITGPT_LORA}) {
      assertThat(Conversion.of(lit, wanted(format)).format()).isEqualTo(format);
    }
    assertThatThrownBy(() -> Conversion.of(lit, wanted(Format.META)))
        .hasMessageStartingWith("There is nothing to convert as meta in " + lit);
  }

  @Test
  void partsWithAGap() throws IOException {
    Path meta = copy("meta_llama2_parts", folder);
    Files.delete(meta.resolve("consolidated.00.pth"));
    refused(meta, ExitCode.DATA)
        .hasMessage(
            "The parts of the checkpoint in "
                + meta
                + " are not complete: consolidated.01.pth. They must be numbered from"
                + " consolidated.00.pth without a gap, or be one consolidated.safetensors alone."
                + " Fetch the missing parts, or leave one of two checkpoints in the folder.");
  }

  /** Which parts are missing at the end shows in the shapes. */
  @Test
  void aPartAlone() throws IOException {
    Path meta = copy("meta_llama2_parts", folder);
    Files.delete(meta.resolve("consolidated.01.pth"));
    refused(meta, ExitCode.DATA)
        .hasMessageContaining("model.embed_tokens.weight is [48, 8] instead of [48, 16]")
        .hasMessageContaining("and 4 more")
        .hasMessageEndingWith("Take both from one model, with all its parts.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "meta_llama2 | params.json | consolidated.*",
        "lit_llama | model_config.yaml | model_config.yaml or lit_config.json",
        "lit_llama.lora | hyperparameters.yaml | hyperparameters.yaml",
      })
  void aConfigurationThatIsMissing(String name, String file, String shown) throws IOException {
    Path copy = copy(name, folder);
    Files.delete(copy.resolve(file));
    refused(copy, ExitCode.MISSING_INPUT)
        .hasMessageStartingWith("There is no ")
        .hasMessageContaining(shown);
  }

  @Test
  void settingsThatMakeAnotherModel() throws IOException {
    Path meta = copy("meta_llama2", folder);
    replace(meta.resolve(PARAMS), "{\"dim\"", "{\"moe\": {\"experts\": 8}, \"dim\"");
    refused(meta, ExitCode.CONFIGURATION)
        .hasMessage(
            "The model of "
                + meta.resolve(PARAMS)
                + " cannot be converted: moe = {\"experts\":8}. These settings make another model"
                + " than any that is known here. Convert it with the tools of its makers, or remove"
                + " a setting that has no bearing on what the model computes.");
    Path lit = copy("lit_llama", folder);
    replace(lit.resolve(YAML), "rope_interleave: false", "rope_interleave: true");
    refused(lit, ExitCode.CONFIGURATION).hasMessageContaining("rope_interleave = true");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lit_llama | mlp_class_name: LLaMAMLP | mlp_class_name: LLaMAMoE",
        "lit_llama | norm_qk_type: default | norm_qk_type: olmo2",
        "lit_llama | norm_class_name: RMSNorm | norm_class_name: LayerNorm",
        "lit_llama | rotary_percentage: 1.0 | rotary_percentage: 0.25",
        "lit_llama | final_logit_softcapping: null | final_logit_softcapping: 30.0",
        "lit_llama | factor: 8.0 | other: 8.0",
        "lit_qwen2 | sliding_window_size: null | sliding_window_size: 3",
        "lit_qwen2 | norm_qk: false | norm_qk: true",
        "lit_mistral | '- 1' | '- 0'",
        "lit_gemma | gelu_approximate: tanh | gelu_approximate: none",
        "lit_gemma | name: Gemma-tiny | name: tiny",
        "lit_gemma3 | sliding_window_size: 3 | sliding_window_size: null",
        "lit_falcon | n_query_groups: 1 | n_query_groups: 2",
        "lit_pythia | n_query_groups: 4 | n_query_groups: 2",
        "lit_pythia | lm_head_bias: false | lm_head_bias: true",
        "lit_phi | parallel_residual: true | parallel_residual: false",
      })
  void modelsThatNoFamilyIs(String name, String setting, String other) throws IOException {
    Path lit = copy(name, folder);
    replace(lit.resolve(YAML), setting, other);
    refused(lit, ExitCode.CONFIGURATION)
        .hasMessageStartingWith("The model of " + lit.resolve(YAML))
        .hasMessageContaining("cannot be converted");
  }

  @Test
  void theSettingIsNamed() throws IOException {
    Path lit = copy("lit_llama", folder);
    replace(lit.resolve(YAML), "mlp_class_name: LLaMAMLP", "mlp_class_name: LLaMAMoE");
    refused(lit, ExitCode.CONFIGURATION)
        .hasMessage(
            "The model of "
                + lit.resolve(YAML)
                + ", llama, cannot be converted. mlp_class_name is \"LLaMAMoE\", and no model with"
                + " its other settings is so in Hugging Face's layout (llama, mistral, qwen2,"
                + " qwen3, phi, phi3, gemma, gemma2, gemma3_text, gpt_neox, falcon). Mend the"
                + " setting if the model was trained otherwise; else there is no layout to convert"
                + " it to.");
  }

  @Test
  void settingsThatAreMissingOrBroken() throws IOException {
    Path lit = copy("lit_llama", folder);
    replace(lit.resolve(YAML), "n_embd: 16", "n_embd: null");
    refused(lit, ExitCode.DATA)
        .hasMessage(
            "The file "
                + lit.resolve(YAML)
                + " has no n_embd. Without it the model, or what was trained of it, is not known."
                + " Write the value that the model was trained with into the file.");
    Files.writeString(lit.resolve(YAML), "!!javax.script.ScriptEngineManager []");
    refused(lit, ExitCode.DATA)
        .hasMessageStartingWith("Cannot read " + lit.resolve(YAML) + " as YAML.")
        .hasMessageContaining("javax.script.ScriptEngineManager");
    Files.writeString(lit.resolve(YAML), "- 1");
    refused(lit, ExitCode.DATA).hasMessageContaining("It holds no mapping.");
  }

  @Test
  void weightsOfAnotherModel() throws IOException {
    Path lit = copy("lit_llama", folder);
    replace(lit.resolve(YAML), "n_layer: 2", "n_layer: 1");
    refused(lit, ExitCode.DATA)
        .hasMessageStartingWith(
            "The weights of "
                + lit.resolve("lit_model.pth")
                + " do not fit the configuration beside them. transformer.h.1.attn.proj.weight is"
                + " not expected, ")
        .hasMessageEndingWith(". Take both from one model, with all its parts.");
    replace(lit.resolve(YAML), "n_layer: 1", "n_layer: 3");
    refused(lit, ExitCode.MISSING_INPUT)
        .hasMessageStartingWith("Tensor transformer.h.2.norm_1.weight is missing from ");
  }

  @Test
  void loraWeightsOfOtherSettings() throws IOException {
    Path lora = copy("lit_llama.lora", folder);
    replace(lora.resolve("hyperparameters.yaml"), "lora_key: false", "lora_key: true");
    refused(lora, ExitCode.DATA)
        .hasMessage(
            "The LoRA weights of transformer.h.0.attn.qkv are not those that hyperparameters.yaml"
                + " means. lora_A is [4, 16] and lora_B [24, 2], but lora_r is 2. Mend lora_r,"
                + " lora_query, lora_key and lora_value in hyperparameters.yaml.");
    replace(lora.resolve("hyperparameters.yaml"), "lora_r: 2", "lora_r: 0");
    refused(lora, ExitCode.DATA).hasMessageContaining("has no lora_r.");
  }

  @Test
  void loraWeightsWhereAModelShouldBe() throws IOException {
    Path lit = copy("lit_llama", folder);
    Files.delete(lit.resolve("lit_model.pth"));
    Files.copy(
        Checkpoints.path("lit_llama.lora").resolve("lit_model.pth.lora"),
        lit.resolve("lit_model.pth"));
    refused(lit, ExitCode.DATA)
        .hasMessageContaining(" holds LoRA weights, such as transformer.h.0.attn.qkv.lora_A.")
        .hasMessageEndingWith(
            "Convert lit_model.pth.lora to an adapter, or merge them with litgpt merge_lora.");
  }

  @Test
  void aPickleThatCallsSomethingElse() throws IOException {
    Path lit = copy("lit_llama", folder);
    Path hostile = Checkpoints.path("../weights/torch/calls_system_5.bin");
    Files.delete(lit.resolve("lit_model.pth"));
    Files.copy(hostile, lit.resolve("lit_model.pth"));
    refused(lit, ExitCode.DATA)
        .hasMessageStartingWith(
            "Refused to read "
                + lit.resolve("lit_model.pth")
                + ": it asks for Python's posix.getpid.");
  }

  private static Wanted wanted(Format format) {
    return new Wanted(Optional.of(format), OptionalInt.empty());
  }

  private static AbstractThrowableAssert<?, ?> refused(Path source, ExitCode exitCode) {
    return assertThatThrownBy(() -> Conversion.of(source, Wanted.NOTHING))
        .satisfies(e -> assertThat(SparkPeftException.exitCodeOf(e)).isEqualTo(exitCode));
  }
}
