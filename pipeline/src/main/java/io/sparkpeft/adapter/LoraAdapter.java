package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.SafetensorsWriter;
import io.sparkpeft.weights.TensorEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A LoRA adapter in memory: A [r, in] and B [out, r] in fp32 for every target, whatever dtype the
 * base or the files have. Its tensors live in a manager of their own, closed with it.
 */
public final class LoraAdapter implements Adapter {
  private final NDManager manager;
  private final LoraConfig config;
  private final List<AdapterParameter> parameters;
  private final Map<String, LowRankDelta> deltas = new LinkedHashMap<>();
  private final Map<String, DeltaOffsets> offsets = new LinkedHashMap<>();
  private final int parameterCount;

  /**
   * @param values gives the fp32 tensor of a name, in the manager
   */
  private LoraAdapter(
      NDManager manager,
      LoraConfig config,
      List<LoraTarget> targets,
      Function<TensorEntry, NDArray> values) {
    this.manager = manager;
    this.config = config;
    parameterCount = parameterCount(new LoraShape(targets));
    Map<String, AdapterParameter> byName = parameters(targets, values);
    parameters = List.copyOf(byName.values());
    for (LoraTarget target : targets) {
      AdapterParameter a = byName.get(target.nameOfA());
      AdapterParameter b = byName.get(target.nameOfB());
      String module = target.module().name();
      deltas.put(
          module, new LowRankDelta(a.value(), b.value(), target.scaling(), config.loraDropout()));
      offsets.put(module, new DeltaOffsets(a.offset(), b.offset()));
    }
  }

  /**
   * A new adapter, its values drawn as init_lora_weights says.
   *
   * @param parent the manager whose close ends the adapter too
   * @param modules all linear modules of the base
   * @param seed with a tensor's name, decides its values
   * @throws io.sparkpeft.base.SparkPeftException (78) if no module is targeted
   */
  public static LoraAdapter create(
      NDManager parent, LoraConfig config, List<LinearModule> modules, long seed) {
    LoraConfig resolved = LoraTargets.resolved(config, modules);
    List<LoraTarget> targets = LoraTargets.match(resolved, modules);
    requireCountable(targets);
    Map<String, float[]> initial = new TreeMap<>();
    targets.forEach(target -> putInitial(initial, target, config.initLoraWeights(), seed));
    NDManager manager = parent.newSubManager();
    return new LoraAdapter(
        manager,
        resolved,
        targets,
        entry -> Tensors.fromFloats(manager, initial.remove(entry.name()), entry.shape()));
  }

  private static void putInitial(
      Map<String, float[]> initial, LoraTarget target, LoraInit init, long seed) {
    int r = target.r();
    double in = target.module().in();
    int sizeOfA = Math.toIntExact(target.entryOfA().elements());
    int sizeOfB = Math.toIntExact(target.entryOfB().elements());
    InitialValues a = new InitialValues(seed, target.nameOfA());
    InitialValues b = new InitialValues(seed, target.nameOfB());
    double bound = 1 / Math.sqrt(in);
    initial.put(
        target.nameOfA(),
        init == LoraInit.GAUSSIAN ? a.normal(sizeOfA, 1.0 / r) : a.uniform(sizeOfA, bound));
    initial.put(
        target.nameOfB(),
        init == LoraInit.RANDOM ? b.uniform(sizeOfB, 1 / Math.sqrt(r)) : new float[sizeOfB]);
  }

  /**
   * Reads an adapter that PEFT or we wrote. Values in bf16 and fp16 are widened to fp32.
   *
   * @param folder with adapter_config.json and adapter_model.safetensors
   * @param modules all linear modules of the base
   * @throws io.sparkpeft.base.SparkPeftException (66) if a file is missing; (65) if one is broken,
   *     or if its tensors are not exactly those that its configuration means in this base: then all
   *     that are missing, unexpected or misshapen are listed
   */
  public static LoraAdapter load(NDManager parent, Path folder, List<LinearModule> modules) {
    AdapterReader reader = AdapterReader.open(folder, modules);
    NDManager manager = parent.newSubManager();
    return new LoraAdapter(
        manager, reader.config(), reader.targets(), entry -> reader.fp32(manager, entry.name()));
  }

  private static void requireCountable(List<LoraTarget> targets) {
    parameterCount(new LoraShape(targets));
  }

  private static int parameterCount(LoraShape shape) {
    long count = shape.trainableParameters();
    if (count > Integer.MAX_VALUE) {
      throw AdapterErrors.tooManyParameters(count);
    }
    return (int) count;
  }

  /** In file order, their gradients one after the other. */
  private static Map<String, AdapterParameter> parameters(
      List<LoraTarget> targets, Function<TensorEntry, NDArray> values) {
    List<TensorEntry> entries = new ArrayList<>();
    targets.forEach(target -> entries.addAll(target.entries()));
    Map<String, AdapterParameter> result = new LinkedHashMap<>();
    int offset = 0;
    for (TensorEntry entry : SafetensorsWriter.inFileOrder(entries)) {
      result.put(entry.name(), new AdapterParameter(entry.name(), values.apply(entry), offset));
      offset += Math.toIntExact(entry.elements());
    }
    return result;
  }

  @Override
  public LoraConfig config() {
    return config;
  }

  @Override
  public List<AdapterParameter> parameters() {
    return parameters;
  }

  @Override
  public Optional<LowRankDelta> delta(String module) {
    return Optional.ofNullable(deltas.get(module));
  }

  @Override
  public DeltaOffsets offsets(String module) {
    return Optional.ofNullable(offsets.get(module))
        .orElseThrow(() -> new IllegalArgumentException(module + " is not adapted"));
  }

  @Override
  public int parameterCount() {
    return parameterCount;
  }

  /**
   * Writes adapter_config.json, adapter_model.safetensors and README.md as PEFT does, then reads
   * the weights back and compares.
   *
   * @param folder exists; the caller makes it appear whole
   * @param baseModelName what the configuration names as its base if it names none yet
   * @throws io.sparkpeft.base.SparkPeftException (73) if a file cannot be written or reads back
   *     otherwise, (65) if a value is not finite
   */
  public void save(Path folder, String baseModelName) {
    AdapterWriter.write(folder, savedConfig(baseModelName), tensors());
  }

  /** The configuration as {@link #save} writes it. */
  public LoraConfig savedConfig(String baseModelName) {
    LoraConfig named =
        config.baseModelNameOrPath().isPresent()
            ? config
            : config.with("base_model_name_or_path", baseModelName);
    return named.taskType().isPresent() || named.hasAutoMapping()
        ? named
        : named.with("task_type", "CAUSAL_LM");
  }

  private List<NamedTensor> tensors() {
    return parameters.stream().map(LoraAdapter::tensor).toList();
  }

  private static NamedTensor tensor(AdapterParameter parameter) {
    NDArray value = parameter.value();
    return new NamedTensor(
        parameter.name(),
        Tensors.dtype(value),
        value.getShape().getShape(),
        () -> Tensors.toBytes(value));
  }

  @Override
  public void close() {
    manager.close();
  }
}
