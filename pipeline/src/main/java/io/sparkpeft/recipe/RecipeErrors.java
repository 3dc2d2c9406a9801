package io.sparkpeft.recipe;

import static io.sparkpeft.base.ExitCode.CONFIGURATION;
import static io.sparkpeft.base.ExitCode.MISSING_INPUT;
import static io.sparkpeft.base.ExitCode.USAGE;

import com.typesafe.config.ConfigException;
import io.sparkpeft.adapter.PeftType;
import io.sparkpeft.base.Nearest;
import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Path;
import java.util.Optional;

/** The failures of a configuration. */
final class RecipeErrors {
  private static final int LONGEST_VALUE = 200;

  private RecipeErrors() {}

  static SparkPeftException noFile(Path file) {
    return SparkPeftException.of(
        MISSING_INPUT,
        "Cannot read the recipe " + file + ".",
        "It does not exist.",
        "Check --config; ready-made recipes lie in conf/recipes.");
  }

  static SparkPeftException notHocon(Path file, ConfigException cause) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot read the recipe " + file + ".",
        "It is not HOCON: " + cause.getMessage() + ".",
        "Mend that line; text with characters such as : or // needs quotes.",
        cause);
  }

  static SparkPeftException notAnAssignment(String text) {
    return SparkPeftException.of(
        USAGE,
        "Cannot understand --set " + text + ".",
        "There is no '=' between a key and its value.",
        "Write it as --set adapter.r=16.");
  }

  static SparkPeftException unknownKey(String name, String origin) {
    String hint =
        Nearest.to(name, RecipeKeys.names())
            .or(() -> sameLeaf(name))
            .map(known -> "Did you mean " + known + "?")
            .orElse("The keys are listed by --help and in conf/README.md.");
    return SparkPeftException.of(
        CONFIGURATION,
        "Unknown key " + name + " (" + origin + ").",
        "No key is called so, and unknown keys are never ignored.",
        hint);
  }

  static SparkPeftException ofOtherMethod(Key<?> key, String origin, PeftType type) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot use " + key.name() + ", set by " + origin + ", with this adapter.",
        "adapter.peft_type is " + type + ", which has no such setting.",
        "Remove the key or choose another adapter.peft_type.");
  }

  static SparkPeftException withoutEffect(Key<?> key, String origin, Key<Boolean> needed) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The key " + key.name() + " (" + origin + ") has no effect.",
        "It counts only where " + needed.name() + " is true.",
        "Set " + needed.name() + "=true, or leave out " + key.name() + ".");
  }

  static SparkPeftException onlyWith(Key<?> key, String origin, Key<?> needed) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The key " + key.name() + " (" + origin + ") has no effect.",
        "It counts only where " + needed.name() + " is set.",
        "Set " + needed.name() + ", or leave out " + key.name() + ".");
  }

  static SparkPeftException badValue(Key<?> key, String value, String origin, String rule) {
    return SparkPeftException.of(
        CONFIGURATION,
        "Cannot use " + key.name() + " = " + shortened(value) + " (" + origin + ").",
        rule,
        "Its type: " + key.type().name() + ". " + key.meaning());
  }

  static SparkPeftException notLocal(String location) {
    return SparkPeftException.of(
        CONFIGURATION,
        location + " is no local path.",
        "Here only local files can be read; the jobs copy what lies in object stores.",
        "Name a copy of it on this machine.");
  }

  static SparkPeftException notSet(Key<?> key) {
    return SparkPeftException.of(
        CONFIGURATION,
        key.name() + " is not set.",
        "This job cannot do without it: " + key.meaning(),
        "Set it in the recipe or by --set " + key.name() + "=...");
  }

  private static String shortened(String value) {
    return value.length() <= LONGEST_VALUE ? value : value.substring(0, LONGEST_VALUE) + "...";
  }

  private static Optional<String> sameLeaf(String name) {
    String leaf = name.substring(name.lastIndexOf('.') + 1);
    return RecipeKeys.names().stream().filter(known -> known.endsWith("." + leaf)).findFirst();
  }

  static SparkPeftException otherCount(Key<?> key, int found, int expected) {
    return SparkPeftException.of(
        CONFIGURATION,
        "The key " + key.name() + " has " + found + " values.",
        "There are " + expected + " adapters, and each needs one.",
        "Give as many, or leave the key out.");
  }
}
