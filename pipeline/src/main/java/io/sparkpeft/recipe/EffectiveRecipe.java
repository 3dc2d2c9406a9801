package io.sparkpeft.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Credentials;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Every key with its value and where that came from. Prints as HOCON that can be used again. */
public final class EffectiveRecipe {
  private final Map<String, Setting<?>> settings;

  EffectiveRecipe(Map<String, Setting<?>> chosen) {
    Map<String, Setting<?>> all = new LinkedHashMap<>();
    for (Key<?> key : RecipeKeys.all()) {
      Setting<?> setting = chosen.get(key.name());
      all.put(key.name(), setting == null ? Setting.byDefault(key) : setting);
    }
    this.settings = Collections.unmodifiableMap(all);
  }

  public <T> T value(Key<T> key) {
    return key.cast(settings.get(key.name()).value());
  }

  JsonNode json(Key<?> key) {
    return settings.get(key.name()).json();
  }

  /** Whether the recipe itself says so, rather than a default. */
  public boolean isSet(Key<?> key) {
    return !settings.get(key.name()).isDefault();
  }

  /** Where a key's value came from: {@code default}, {@code --set}, or file and line. */
  public String origin(Key<?> key) {
    return settings.get(key.name()).origin();
  }

  /** The same with one more setting. */
  EffectiveRecipe with(Setting<?> setting) {
    Map<String, Setting<?>> more = new LinkedHashMap<>(settings);
    more.put(setting.key().name(), setting);
    return new EffectiveRecipe(more);
  }

  /**
   * What the job reads and writes in other file systems, as {@code s3a://bucket/models/llama}.
   *
   * @return by key; of a list its addresses alone
   */
  public Map<String, List<String>> addresses(Job job) {
    Map<String, List<String>> addresses = new LinkedHashMap<>();
    settings.forEach(
        (name, setting) -> {
          boolean isPath = job.reads(setting.key()) && setting.key().effect() != Key.Effect.RESULT;
          List<String> remote =
              isPath ? texts(setting.value()).filter(LocalCopy::isRemote).toList() : List.of();
          if (!remote.isEmpty()) {
            addresses.put(name, remote);
          }
        });
    return addresses;
  }

  private static Stream<String> texts(Object value) {
    if (value instanceof Optional<?> optional) {
      return optional.stream().map(Object::toString);
    }
    return value instanceof List<?> list
        ? list.stream().map(Object::toString)
        : Stream.of(value.toString());
  }

  /** What determines the job's result; reads its local inputs. */
  RecipeIdentity identity(Job job) {
    Map<String, String> entries = new TreeMap<>();
    settings.forEach(
        (name, setting) -> {
          if (job.isDeterminedBy(setting.key()) && !isOfOtherMethod(setting.key())) {
            entries.put(name, identity(setting));
          }
        });
    return new RecipeIdentity(new TreeMap<>(entries));
  }

  private boolean isOfOtherMethod(Key<?> key) {
    return AdapterSection.isOfOtherMethod(key, value(AdapterSection.PEFT_TYPE));
  }

  private static String identity(Setting<?> setting) {
    if (setting.key().effect() == Key.Effect.INPUT) {
      if (setting.value() instanceof Optional<?> path && path.isPresent()) {
        return Fingerprint.of(path.get().toString());
      }
      if (setting.value() instanceof List<?> paths) {
        return Json.compact(
            Json.tree(paths.stream().map(path -> Fingerprint.of(path.toString())).toList()));
      }
    }
    return Json.compact(setting.key().identity(setting.value()));
  }

  /** What is not a default, as {@code key=value} for {@link Recipe#read}: to carry it elsewhere. */
  public List<String> assignments() {
    List<String> assignments = new ArrayList<>();
    settings.forEach(
        (name, setting) -> {
          JsonNode value = setting.json();
          if (!setting.isDefault() && !value.isNull()) {
            assignments.add(
                name + "=" + (value.isTextual() ? value.asText() : Json.compact(value)));
          }
        });
    return assignments;
  }

  /** One line for each key that the job reads: {@code adapter.r = 8 # default}. */
  public String text(Job job) {
    StringBuilder text = new StringBuilder();
    settings.forEach(
        (name, setting) -> {
          if (job.reads(setting.key()) && !isOfOtherMethod(setting.key())) {
            String assignment = name + " = " + Credentials.hidden(Json.compact(setting.json()));
            text.append(String.format("%-48s # %s%n", assignment, setting.origin()));
          }
        });
    return text.toString();
  }

  /** Each key's value and origin, as {@code {"adapter.r": {"value": 8, "origin": "default"}}}. */
  public ObjectNode json() {
    ObjectNode node = Json.object();
    settings.forEach(
        (name, setting) -> {
          ObjectNode entry = node.putObject(name).put("origin", setting.origin());
          entry.set("value", setting.json());
        });
    return node;
  }

  /** The same for the keys that a job reads, values as text, credentials hidden: to be kept. */
  public ObjectNode json(Job job) {
    ObjectNode node = Json.object();
    settings.forEach(
        (name, setting) -> {
          if (job.reads(setting.key()) && !isOfOtherMethod(setting.key())) {
            String value = Credentials.hidden(Json.compact(setting.json()));
            node.putObject(name).put("origin", setting.origin()).put("value", value);
          }
        });
    return node;
  }
}
