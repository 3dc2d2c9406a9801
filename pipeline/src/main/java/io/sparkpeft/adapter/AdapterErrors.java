package io.sparkpeft.adapter;

import static io.sparkpeft.base.ExitCode.CANNOT_WRITE;
import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.DATA;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.tensor.Dtype;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The failures of adapters: their configurations, their files, their bases. */
final class AdapterErrors {
  /** More names than these say no more. */
  private static final int MOST_NAMES = 12;

  private AdapterErrors() {}

  static SparkPeftException unknownKey(
      String source, ExitCode code, String method, String key, Collection<String> known) {
    String hint = Nearest.to(key, known).map(near -> "Did you mean " + near + "? ").orElse("");
    return SparkPeftException.of(
        code,
        "Unknown key " + key + " in " + source + ".",
        "PEFT 0.21.2's " + method + " has no such key, and what it asks for would be lost.",
        hint + "Remove it or correct it.");
  }

  static SparkPeftException wrongType(
      String source, ExitCode code, String key, JsonNode value, String kind) {
    return SparkPeftException.of(
        code,
        "Wrong value in " + source + ": " + key + " is " + value + ".",
        "It must be " + kind + ".",
        "Correct it.");
  }

  static SparkPeftException notImplemented(
      String source, ExitCode code, String key, JsonNode value) {
    return SparkPeftException.of(
        code,
        "Cannot honour " + key + " = " + value + " in " + source + ".",
        "spark-peft does not implement it, and passing over it would give another model.",
        "Leave it at PEFT's default, or use PEFT itself for this adapter.");
  }

  static SparkPeftException contradiction(String source, ExitCode code, String key, String why) {
    return SparkPeftException.of(
        code, "Cannot use " + key + " in " + source + ".", why, "Remove it or complete it.");
  }

  /** What a configuration asks for does not go with its base, or with itself. */
  static SparkPeftException contradiction(String key, String why) {
    return contradiction("the adapter's configuration", CONFIGURATION, key, why);
  }

  static SparkPeftException savedAndAdapted(String module) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot train " + module + " whole and adapt it too.",
        "modules_to_save and target_modules both mean it.",
        "Name it in one of them alone.");
  }

  static SparkPeftException nothingToSave(String name, Collection<String> lastSegments) {
    return SparkPeftException.of(
        CONFIGURATION,
        "modules_to_save names " + name + ", which the base does not have.",
        "No path of its modules ends so.",
        "Their names end in " + String.join(", ", lastSegments) + ".");
  }

  static SparkPeftException rankTooLarge(LinearModule module, int r, String init) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot begin " + module.name() + " with " + init + " at rank " + r + ".",
        "Its weight is " + module.out() + " by " + module.in() + " and has no more parts.",
        "Lower adapter.r, or set rank_pattern for it.");
  }

  static SparkPeftException nothingWasQuantized(LinearModule module) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot begin " + module.name() + " with loftq.",
        "It begins with what quantising the weight on load lost, and this one was not.",
        "Set model.quantization over an unquantised base, or another adapter.init_lora_weights.");
  }

  static SparkPeftException oddRank(LinearModule module, int r) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot begin " + module.name() + " with orthogonal at rank " + r + ".",
        "A and B take the odd and the even rows of one square matrix: the rank must be even.",
        "Set adapter.r to an even number.");
  }

  static SparkPeftException noBiasToMergeInto(String module) {
    return SparkPeftException.of(
        DATA,
        "Cannot merge lora_bias into " + module + ".",
        "The base has no bias there, nor a place for one.",
        "Use the adapter unmerged.");
  }

  static SparkPeftException badRegex(String expression, PatternSyntaxException cause) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot read '" + expression + "' as a regular expression.",
        cause.getDescription() + " near position " + cause.getIndex() + ".",
        "Correct it, or give target_modules a list of names.",
        cause);
  }

  static SparkPeftException noDefaultTargets(String modelType) {
    return SparkPeftException.of(
        CONFIGURATION,
        "There are no target_modules.",
        "PEFT knows no default for the model_type " + modelType + ".",
        "Set adapter.target_modules.");
  }

  static SparkPeftException noTargetModules() {
    return SparkPeftException.of(
        CONFIGURATION,
        "There are no target_modules.",
        "The configuration names none, and no model_type was given to find their default.",
        "Set adapter.target_modules.");
  }

  static SparkPeftException embeddingTargeted(String path) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The target_modules mean " + path + ".",
        "It is an embedding; only linear layers can be adapted.",
        "Take it out of target_modules or name it in exclude_modules.");
  }

  static SparkPeftException nothingTargeted(AdapterConfig config, Collection<String> lastSegments) {
    String settings =
        Stream.of("target_modules", "exclude_modules", "layers_to_transform")
            .filter(key -> config.toJson().hasNonNull(key))
            .map(key -> key + " = " + config.toJson().get(key))
            .collect(Collectors.joining(", "));
    return SparkPeftException.of(
        CONFIGURATION,
        "No module of the base is adapted.",
        "With " + settings + " none of its linear modules is left.",
        "Their names end in " + String.join(", ", lastSegments) + ".");
  }

  static SparkPeftException expertsTargeted(
      String modelType,
      Collection<String> meant,
      Collection<String> parameters,
      Collection<String> lastSegments) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The target_modules mean experts or routers of a "
            + modelType
            + " model: "
            + String.join(", ", meant)
            + ".",
        "They are parameters, which LoRA alone adapts, by target_parameters ("
            + String.join(", ", parameters)
            + ").",
        nameSomeOf(lastSegments));
  }

  static SparkPeftException unknownParameter(
      String modelType, String target, Collection<String> parameters) {
    return SparkPeftException.of(
        CONFIGURATION,
        "No parameter of a " + modelType + " model that can be adapted is called " + target + ".",
        "The target_parameters are those of experts and their routers; PEFT passes over a name that"
            + " it does not find.",
        parameters.isEmpty()
            ? "This model has none: name its layers in target_modules."
            : "Name some of " + String.join(", ", parameters) + ", and layers in target_modules.");
  }

  static SparkPeftException notWithParameters(String key, JsonNode value, String why, String what) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot use " + key + " = " + value + " where LoRA adapts target_parameters.",
        why + ".",
        what);
  }

  private static String nameSomeOf(Collection<String> lastSegments) {
    return "Name what is to be adapted: one or more of " + String.join(", ", lastSegments) + ".";
  }

  static SparkPeftException expressionMeansMore(
      String modelType, String expression, Collection<String> lastSegments) {
    String names = String.join(", ", lastSegments);
    return SparkPeftException.of(
        CONFIGURATION,
        "The target_modules '" + expression + "' mean more modules in PEFT than they match.",
        "In a LoRA of a "
            + modelType
            + " model PEFT puts the last parts of the names in the expression's place ("
            + names
            + "), which other modules have too.",
        "Set target_modules to " + names + " and choose layers by layers_to_transform.");
  }

  static SparkPeftException noAdapter(Path folder) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There is no adapter_config.json in " + folder + ".",
        "An adapter's folder holds adapter_config.json and adapter_model.safetensors.",
        "Set adapter.path to such a folder.");
  }

  static SparkPeftException configNotObject(Path file) {
    return SparkPeftException.of(
        DATA,
        "The file " + file + " is no adapter configuration.",
        "It holds JSON, but not an" + " object.",
        "Mend the file.");
  }

  static SparkPeftException noPeftType(Path file) {
    return SparkPeftException.of(
        DATA,
        "There is no peft_type in " + file + ".",
        "It is the one key that PEFT's files must have.",
        "Add \"peft_type\": \"LORA\" if that is what the adapter is.");
  }

  static SparkPeftException noWeights(Path folder) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "There are no weights of an adapter in " + folder + ".",
        "It has neither adapter_model.safetensors nor adapter_model.bin.",
        "Name the folder that save_pretrained wrote.");
  }

  static SparkPeftException notToTrainOn(Path folder, String why) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot train on the adapter " + folder + ".",
        why,
        "Go on from a checkpoint of its run.");
  }

  static SparkPeftException doesNotFit(
      Path file, List<String> missing, List<String> unexpected, List<String> misshapen) {
    return SparkPeftException.of(
        DATA,
        "The adapter " + file + " does not fit its base.",
        list("missing", missing)
            + list("unexpected", unexpected)
            + list("of another shape", misshapen).stripTrailing(),
        "Use the base and the adapter_config.json that it was trained with.");
  }

  private static String list(String kind, List<String> names) {
    if (names.isEmpty()) {
      return "";
    }
    return names.size() + " tensors " + kind + ": " + shown(names) + ". ";
  }

  private static String shown(List<String> names) {
    String more = names.size() > MOST_NAMES ? ", and " + (names.size() - MOST_NAMES) + " more" : "";
    return String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMES))) + more;
  }

  static SparkPeftException notFloatingPoint(Path file, Object entry) {
    return SparkPeftException.of(
        DATA,
        "Cannot use tensor " + entry + " of " + file + ".",
        "An adapter's values are F32, BF16 or F16.",
        "Write the adapter anew with PEFT.");
  }

  static SparkPeftException noPlaces(Path file, Object entry, int count) {
    return SparkPeftException.of(
        DATA,
        "Cannot use tensor " + entry + " of " + file + ".",
        "It must hold places in a bank of " + count + " vectors: whole numbers from 0.",
        "Use the adapter_config.json that the file was written with.");
  }

  static SparkPeftException indivisible(int vectorLength, List<String> modules) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot make layers of vectors of " + vectorLength + ".",
        "Inputs and outputs of every adapted layer must be multiples of it; not so "
            + shown(modules)
            + ".",
        "Set adapter.vector_length to a divisor of them, or target other layers.");
  }

  static SparkPeftException tooManyParameters(long count) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The adapter would have " + count + " parameters.",
        "One adapter may have at most " + Integer.MAX_VALUE + ".",
        "Lower adapter.r or target fewer modules.");
  }

  static SparkPeftException writtenOtherwise(Path file, String tensor) {
    return SparkPeftException.of(
        CANNOT_WRITE,
        "The file " + file + " does not hold what was written.",
        "Read back, tensor " + tensor + " differs.",
        "Check the disk or the file system there.");
  }

  static SparkPeftException notFinite(String tensor) {
    return SparkPeftException.of(
        DATA,
        "The adapter's tensor " + tensor + " holds values that are not finite.",
        "Training diverged, or the file is damaged.",
        "Lower train.learning_rate, or use an earlier checkpoint.");
  }

  static SparkPeftException mergedNotFinite(String weight, Dtype dtype) {
    return SparkPeftException.of(
        DATA,
        "Merging would leave values in " + weight + " that are not finite.",
        "The adapter's own are not, or the sums are beyond what " + dtype.torchName() + " holds.",
        "Use an earlier checkpoint of the adapter, or a base in a wider dtype.");
  }

  static SparkPeftException cannotMergeInto(Object entry) {
    return SparkPeftException.of(
        DATA,
        "Cannot merge into tensor " + entry + ".",
        "An adapter can be added to F32, BF16 and F16 weights of the shape it was made for.",
        "Merge onto the base that the adapter was trained on, unquantised.");
  }

  static SparkPeftException noFeedforward(String name) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot use feedforward_modules with \"" + name + "\".",
        "No linear layer that all-linear adapts is called so, and they must be among target_modules.",
        "Name the ends of layers' names, or leave it out for the architecture's own.");
  }

  static SparkPeftException otherBase(String key, int found, int expected) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The adapter is for another base: its " + key + " is " + found + ".",
        "This base has " + expected + ".",
        "Use the base that it was trained with, or leave the key out for a new adapter.");
  }

  static SparkPeftException cannotMerge(Path adapter, String method, String why) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot merge the " + method + " adapter " + adapter + " into its base.",
        why,
        "Use it beside its base.");
  }

  static SparkPeftException nothingMerged(Path adapter) {
    return SparkPeftException.of(
        DATA,
        "Merging " + adapter + " changes no weight of its base.",
        "Its B is zero, or too small to move a rounded weight; the merged model would be the base.",
        "Train the adapter, or merge onto a base in float32.");
  }

  static SparkPeftException cannotCombine(String why) {
    return SparkPeftException.of(
        CONFIGURATION,
        "These adapters cannot be combined into one.",
        why,
        "Merge them one after the other, without merge.combination_type, or choose others.");
  }

  static SparkPeftException cannotUnmerge(String tensor) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The adapter cannot be taken out of " + tensor + " again.",
        "It replaces or scales that tensor, and what was there before is in the base alone.",
        "Go back to the base.");
  }

  static SparkPeftException noNameOfAnAdapter(String name) {
    return SparkPeftException.of(
        CONFIGURATION,
        "No adapter can be called '" + name + "'.",
        "It lies in a folder of its name, beside others.",
        "Use letters, digits, '_', '-' and '.', and begin with another than '.'.");
  }
}
