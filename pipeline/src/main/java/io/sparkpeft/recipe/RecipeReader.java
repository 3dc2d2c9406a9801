package io.sparkpeft.recipe;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.sparkpeft.base.SparkPeftException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a recipe file and {@code --set} assignments; the latter win, the last one most. */
final class RecipeReader {
  private static final String SET = "--set";
  private final Map<String, Setting<?>> settings = new LinkedHashMap<>();

  static EffectiveRecipe read(Optional<Path> file, List<String> assignments) {
    RecipeReader reader = new RecipeReader();
    file.ifPresent(path -> reader.gather("", parsed(path).root(), path));
    assignments.forEach(reader::assign);
    return new EffectiveRecipe(reader.settings);
  }

  static <T> Setting<T> setting(Key<T> key, ConfigValue value, String origin) {
    T read;
    try {
      read = key.type().read(value);
    } catch (IllegalArgumentException e) {
      throw RecipeErrors.badValue(key, rendered(value), origin, e.getMessage());
    }
    return checked(key, read, rendered(value), origin);
  }

  static <T> Setting<T> checked(Key<T> key, T value, String rendered, String origin) {
    for (Key.Rule<T> rule : key.rules()) {
      if (!rule.holds().test(value)) {
        throw RecipeErrors.badValue(key, rendered, origin, rule.text());
      }
    }
    return new Setting<>(key, value, origin);
  }

  static Key<?> known(String name, String origin) {
    return RecipeKeys.find(name).orElseThrow(() -> RecipeErrors.unknownKey(name, origin));
  }

  private static Config parsed(Path file) {
    if (!Files.isRegularFile(file)) {
      throw RecipeErrors.noFile(file);
    }
    try {
      ConfigParseOptions options = ConfigParseOptions.defaults().setAllowMissing(false);
      return ConfigFactory.parseFile(file.toFile(), options).resolve();
    } catch (ConfigException e) {
      throw RecipeErrors.notHocon(file, e);
    }
  }

  private void gather(String prefix, ConfigObject object, Path file) {
    for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
      String name = prefix + entry.getKey();
      ConfigValue value = entry.getValue();
      Optional<Key<?>> key = RecipeKeys.find(name);
      if (key.isEmpty() && value instanceof ConfigObject section && isSection(name)) {
        gather(name + ".", section, file);
      } else {
        String origin = origin(value.origin(), file);
        put(setting(key.orElseThrow(() -> RecipeErrors.unknownKey(name, origin)), value, origin));
      }
    }
  }

  private void assign(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      throw RecipeErrors.notAnAssignment(assignment);
    }
    Key<?> key = known(assignment.substring(0, equals).trim(), SET);
    put(setting(key, key.type().ofText(assignment.substring(equals + 1)), SET));
  }

  private void put(Setting<?> setting) {
    settings.put(setting.key().name(), setting);
  }

  private static boolean isSection(String name) {
    return RecipeKeys.names().stream().anyMatch(known -> known.startsWith(name + "."));
  }

  private static String origin(ConfigOrigin origin, Path file) {
    String name = origin.filename() == null ? origin.description() : origin.filename();
    String shown = name.equals(file.toAbsolutePath().toString()) ? file.toString() : name;
    return origin.lineNumber() > 0 ? shown + ":" + origin.lineNumber() : shown;
  }

  private static String rendered(ConfigValue value) {
    return value.valueType() == ConfigValueType.STRING
        ? String.valueOf(value.unwrapped())
        : value.render(ConfigRenderOptions.concise());
  }

  /** Kept apart so that callers of the Java API get the same checks and messages. */
  static SparkPeftException wrongClass(Key<?> key, Object value) {
    return RecipeErrors.badValue(
        key, String.valueOf(value), "Java", "It is a " + value.getClass().getSimpleName() + ".");
  }
}
