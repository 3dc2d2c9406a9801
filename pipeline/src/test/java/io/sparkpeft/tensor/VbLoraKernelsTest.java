package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.sparkpeft.tensor.VbLoraKernels.Choice;
import io.sparkpeft.tensor.VbLoraKernels.Gradients;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each kernel against its obvious twin, each gradient against torch.grad of the twin. */
class VbLoraKernelsTest extends TwinTest {

  private NDArray bank;

  VbLoraKernelsTest() {
    super(3, 2e-6);
  }

  @BeforeEach
  void drawBank() {
    bank = random(11, 6);
  }

  @Test
  void a() {
    NDArray logits = random(3, 4, 11);
    NDArray ga = random(3, 24);
    Choice choice = VbLoraKernels.choice(manager, logits, 2);
    NDArray a = manager.zeros(new Shape(3, 24));

    VbLoraKernels.composeA(a, choice, bank);
    Gradients gradients = VbLoraKernels.vjpOfA(manager, ga, choice, bank);

    same(a, oracle("plain_vblora_a", logits, bank));
    same(gradients.logits(), oracle("vblora_a_gradient_logits", ga, logits, bank));
    same(gradients.bank(), oracle("vblora_a_gradient_bank", ga, logits, bank));
  }

  @Test
  void b() {
    NDArray logits = random(5, 3, 11);
    NDArray gb = random(30, 3);
    Choice choice = VbLoraKernels.choice(manager, logits, 2);
    NDArray b = manager.zeros(new Shape(30, 3));

    VbLoraKernels.composeB(b, choice, bank);
    Gradients gradients = VbLoraKernels.vjpOfB(manager, gb, choice, bank);

    same(b, oracle("plain_vblora_b", logits, bank));
    same(gradients.logits(), oracle("vblora_b_gradient_logits", gb, logits, bank));
    same(gradients.bank(), oracle("vblora_b_gradient_bank", gb, logits, bank));
  }

  /** Two of eleven vectors make a sub-vector: the other nine logits have no gradient. */
  @Test
  void onlyTheChosenLogitsHaveAGradient() {
    NDArray logits = random(3, 4, 11);
    Choice choice = VbLoraKernels.choice(manager, logits, 2);
    float[] gradient =
        VbLoraKernels.vjpOfA(manager, random(3, 24), choice, bank).logits().toFloatArray();
    int some = 0;
    for (float value : gradient) {
      some += value != 0 ? 1 : 0;
    }
    assertThat(some).isEqualTo(3 * 4 * 2);
  }

  @Test
  void aChoiceOutOfAFileIsTheChoiceThatWasWritten() {
    Choice choice = VbLoraKernels.choice(manager, random(3, 4, 11), 3);
    NDArray kept = VbLoraKernels.keptShares(manager, choice);
    NDArray places = Tensors.cast(manager, choice.places(), Dtype.UINT8);

    Choice restored = VbLoraKernels.restored(manager, kept, places);

    assertThat(kept.getShape()).isEqualTo(new Shape(3, 4, 2));
    assertThat(restored.places()).isEqualTo(choice.places());
    same(restored.shares(), choice.shares());
  }

  /** Shares that rounding, or a 16-bit file, let sum to more than a whole. */
  @Test
  void aLastShareIsNeverNegative() {
    NDArray shares = manager.create(new float[] {0.75f, 0.25000003f}, new Shape(1, 1, 2));
    NDArray places = manager.create(new long[] {4, 1, 2}, new Shape(1, 1, 3));
    Choice restored = VbLoraKernels.restored(manager, shares, places);
    assertThat(restored.shares().toFloatArray()).containsExactly(0.75f, 0.25000003f, 0);
  }
}
