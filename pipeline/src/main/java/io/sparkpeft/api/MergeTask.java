package io.sparkpeft.api;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterCombination;
import io.sparkpeft.adapter.AdapterCombination.Part;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.Merge;
import io.sparkpeft.adapter.MergeMode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.model.FourBits;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizationConfig;
import io.sparkpeft.recipe.MergeSection;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.spark.telemetry.Count.Counter;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.train.PeakMemory;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.ModelFolderWriter;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.WidenedTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Merges adapters into a new model folder, reads it back and compares. Runs where libtorch is.
 *
 * @param assignments the recipe, as {@code --set} would give it
 * @param target the new model's folder
 * @param combined where an adapter goes that several are combined to
 * @param counter of the tensors that are written
 */
record MergeTask(List<String> assignments, String target, String combined, Counter counter)
    implements OnExecutor.Work<MergeCertificate> {

  @Override
  public MergeCertificate call() {
    Engine.prepareThread();
    PeakMemory.reset();
    try (NDManager manager = Engine.newManager(Device.cpu())) {
      Files.createDirectories(Path.of(target));
      MergeCertificate certificate =
          new Merger(manager, Recipe.read(Optional.empty(), assignments)).run();
      Storage.here().publish(Path.of(target), ModelFolder.CONFIG);
      if (Files.exists(Path.of(combined))) {
        Storage.here().publish(Path.of(combined), AdapterFiles.CONFIG);
      }
      return certificate;
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(Path.of(target), e);
    }
  }

  /** The task at work. */
  private final class Merger {
    private final NDManager manager;
    private final Recipe recipe;
    private final MergeSection settings;
    private final ModelFolder base;
    private final ObjectNode plainConfig;
    private final DecoderConfig plain;
    private final Optional<Quantization> quantization;
    private final List<Path> adapters;

    Merger(NDManager manager, Recipe recipe) {
      this.manager = manager;
      this.recipe = recipe;
      this.settings = recipe.merging();
      this.base = ModelFolder.open(Storage.here().ensure(recipe.model().folder()));
      this.plainConfig = base.config();
      plainConfig.remove(QuantizationConfig.KEY);
      this.plain = DecoderConfig.read(plainConfig);
      this.quantization = recipe.model().config().quantization();
      this.adapters = adapters();
    }

    MergeCertificate run() {
      return certificate(merged());
    }

    /** Writes the merged model; returns by changed tensor the largest change of a value. */
    private Map<String, Double> merged() {
      try (Merge merge = merge(floats(), adapters, settings.mode())) {
        write(merge);
        merge.requireChange(adapters.get(adapters.size() - 1));
        return merge.largestChanges();
      }
    }

    /** Those to be merged: the ones named, or what they are combined to. */
    private List<Path> adapters() {
      List<Path> folders = settings.folders(recipe.adapter());
      folders.forEach(Storage.here()::ensure);
      if (settings.combination().isEmpty()) {
        return folders;
      }
      List<Double> weights = settings.weights(folders.size());
      try (NDManager scope = manager.newSubManager()) {
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < folders.size(); i++) {
          Adapter adapter = Adapters.load(scope, folders.get(i), plain.baseModel());
          parts.add(new Part(adapter, weights.get(i)));
        }
        OptionalInt rank = settings.svdRank().stream().mapToInt(r -> r).findFirst();
        AdapterCombination.write(
            scope, parts, settings.combination().get(), rank, plain.baseModel(), Path.of(combined));
      }
      return List.of(Path.of(combined));
    }

    /** What is merged into. */
    private TensorSource floats() {
      if (settings.base() != MergeSection.Base.ORIGINAL) {
        Quantization fourBits =
            quantization.orElseThrow(() -> ApiErrors.baseNotInFourBits(base.path()));
        return FourBits.expanded(plain, base.tensors(), fourBits);
      }
      if (FourBits.isPacked(base.tensors())) {
        throw ApiErrors.baseInFourBits(base.path());
      }
      return base.tensors();
    }

    private Merge merge(TensorSource floats, List<Path> folders, MergeMode mode) {
      Merge merge = new Merge(manager, floats, plain.baseModel(), plain.weights(floats.names()));
      folders.forEach(folder -> merge.with(folder, mode));
      return merge;
    }

    private void write(Merge merge) {
      ObjectNode config = merge.config(plainConfig);
      TensorSource tensors = merge.tensors();
      if (settings.base() == MergeSection.Base.REQUANTIZED) {
        tensors = FourBits.packedLike(base.tensors(), plain, tensors, quantization.orElseThrow());
        config.set(QuantizationConfig.KEY, quantizationConfig());
      }
      TensorSource written = tensors;
      List<NamedTensor> named =
          written.names().stream().map(name -> NamedTensor.of(written, name)).toList();
      Path folder = Path.of(target);
      ModelFolderWriter.write(
          folder,
          config,
          named,
          ModelFolderWriter.DEFAULT_SHARD_BYTES,
          (begun, all) -> counter.of(all).add(1));
      ModelFolderWriter.copyCompanions(base.path(), folder);
    }

    private ObjectNode quantizationConfig() {
      return base.config().get(QuantizationConfig.KEY) instanceof ObjectNode there
          ? there
          : FourBits.config(quantization.orElseThrow(), plain);
    }

    private MergeCertificate certificate(Map<String, Double> changes) {
      List<int[]> prompts = ProbePrompts.of(recipe, plain, ProbeAnswers.GREEDY_TOKENS);
      boolean isUnmerged = settings.mode() == MergeMode.UNMERGE;
      ModelFolder result = ModelFolder.open(Path.of(target));
      ModelFolder adaptedFolder = isUnmerged ? result : base;
      ModelFolder mergedFolder = isUnmerged ? base : result;
      Unmerged unmerged = unmerged(adaptedFolder, prompts);
      ProbeAnswers adapted = unmerged.answers();
      ProbeAnswers merged = answers(mergedFolder, prompts);
      ProbeAnswers.Distance difference = adapted.distance(merged);
      ProbeAnswers.Distance change = unmerged.change();
      return new MergeCertificate(
          settings.base(),
          adapters.size(),
          changes.size(),
          changes.values().stream().reduce(0.0, Math::max),
          difference.largest(),
          difference.mean(),
          change.largest(),
          change.mean(),
          prompts.size(),
          adapted.greedyTokens(merged),
          adapted.equalGreedyTokens(merged),
          PeakMemory.bytes());
    }

    /**
     * What base and adapters answer.
     *
     * @param change from what the base does without them
     */
    private record Unmerged(ProbeAnswers answers, ProbeAnswers.Distance change) {}

    /** The last adapter beside the model, those before it merged exactly. */
    private Unmerged unmerged(ModelFolder model, List<int[]> prompts) {
      List<Path> first = adapters.subList(0, adapters.size() - 1);
      ProbeAnswers before;
      try (NDManager scope = freshScope()) {
        Decoder decoder = decoder(scope, model);
        before = ProbeAnswers.of(decoder, Optional.empty(), prompts);
        if (first.isEmpty()) {
          return unmerged(scope, decoder, before, prompts);
        }
      }
      try (NDManager scope = freshScope()) {
        return unmerged(scope, mergedDecoder(scope, model, first), before, prompts);
      }
    }

    private Unmerged unmerged(
        NDManager scope, Decoder decoder, ProbeAnswers before, List<int[]> prompts) {
      Path last = adapters.get(adapters.size() - 1);
      Adapter adapter = Adapters.load(scope, last, plain.baseModel(), decoder.frozenTensors());
      ProbeAnswers answers = ProbeAnswers.of(decoder, Optional.of(adapter), prompts);
      return new Unmerged(answers, answers.distance(before));
    }

    private ProbeAnswers answers(ModelFolder model, List<int[]> prompts) {
      try (NDManager scope = freshScope()) {
        return ProbeAnswers.of(decoder(scope, model), Optional.empty(), prompts);
      }
    }

    /**
     * Where one model is held, after the one before is gone whole: maps of its files, and what was
     * read of them into direct memory, go with the garbage and with nothing else.
     */
    private NDManager freshScope() {
      System.gc();
      return manager.newSubManager();
    }

    private Decoder mergedDecoder(NDManager scope, ModelFolder model, List<Path> first) {
      TensorSource floats =
          quantization
              .map(fourBits -> FourBits.expanded(plain, model.tensors(), fourBits))
              .orElse(model.tensors());
      Merge merge = merge(new WidenedTensors(floats), first, MergeMode.MERGE);
      DecoderConfig config = DecoderConfig.read(merge.config(plainConfig));
      return Decoder.loadAsStored(scope, config, merge.tensors(), arithmetic());
    }

    /** A model as it is stored; the base quantised on load where the recipe says so. */
    private Decoder decoder(NDManager scope, ModelFolder model) {
      boolean isBase = model.path().equals(base.path());
      DecoderConfig config = isBase ? recipe.model().config() : DecoderConfig.read(model.config());
      return Decoder.loadAsStored(scope, config, model.tensors(), arithmetic());
    }

    private static Arithmetic arithmetic() {
      return Arithmetic.choose(Optional.of(Dtype.FLOAT32), Dtype.FLOAT32, Device.cpu());
    }
  }
}
