/* Embeds the model and the self-test data; the build copies both into its include folder. */

    .section .model, "a"
    .balign 16
    .global blob_model
    .global blob_model_end
blob_model:
    .incbin "model.tflite"
blob_model_end:

    .section .selftest, "a"
    .balign 16
    .global blob_selftest
    .global blob_selftest_end
blob_selftest:
    .incbin "selftest.bin"
blob_selftest_end:
