package io.sparkpeft.adapter;

/** PEFT's LoraConfig. */
public record LoraConfig(int r, double loraAlpha, double loraDropout) {}
