"""The hook of PyTorch scripts.

    hook = smd.Hook.create_from_json_file()
    hook.register_module(model)
    hook.register_loss(criterion)

A step is a forward pass of the registered module. Tensors: parameters by their names, ``gradient/<parameter>``,
``<layer>_<class>_input_0`` and ``…_output_0`` (``fc1_relu_output_0``), ``embedding<n>_input_0``, ``input_image`` (what goes
into the module, if it has four axes), ``<Loss>_output_0``.
"""

from smdebug.core import BaseHook, modes

__all__ = ["Hook", "get_hook", "modes"]

_hook = None


class Hook(BaseHook):
    patterns = {
        "all": (".*",), "losses": ("[Ll]oss",), "weights": (r"^(?!gradient/).*weight$",), "gradients": ("^gradient/",),
        "biases": (r"^(?!gradient/).*bias$",), "inputs": (r"_input_\d+$",), "outputs": (r"_output_\d+$",),
        "relu_input": (".*relu_input",), "relu_output": (".*relu_output",), "input_image": ("^input_image$",),
    }  # fmt: skip

    def register_module(self, module) -> None:
        """Look at every forward pass of ``module`` and its layers from now on."""
        self.module, embeddings = module, 0
        module.register_forward_pre_hook(self._begin)
        for name, layer in module.named_modules():
            if layer is module or next(layer.children(), None) is not None:
                continue
            kind = type(layer).__name__.lower()
            words = [f"{name}_{kind}"]
            if kind == "embedding":
                words.append(f"embedding{embeddings}")
                embeddings += 1
            layer.register_forward_hook(self._watch_layer(words))
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                parameter.register_hook(self._watch_gradient(f"gradient/{name}"))

    register_hook = register_module

    def register_loss(self, loss) -> None:
        """Save what ``loss``, a module, answers."""
        name = f"{type(loss).__name__}_output_0"
        loss.register_forward_hook(lambda module, given, answer: self._keep(name, answer, "losses"))

    def record_tensor_value(self, tensor_name: str, tensor_value) -> None:
        self._keep(tensor_name, tensor_value)

    def _begin(self, module, given) -> None:
        self.begin_step()
        for name, parameter in module.named_parameters():
            self._keep(name, parameter)
        if given and getattr(given[0], "ndim", 0) == 4:
            self._keep("input_image", given[0])

    def _watch_layer(self, words: list[str]):
        def watch(layer, given, answer):
            for word in words:
                for side, values in (("input", given), ("output", answer if isinstance(answer, tuple) else (answer,))):
                    for number, value in enumerate(values):
                        if hasattr(value, "detach"):
                            self._keep(f"{word}_{side}_{number}", value)

        return watch

    def _watch_gradient(self, name: str):
        def watch(gradient):
            self._keep(name, gradient)

        return watch

    def _keep(self, name: str, value, home: str = "") -> None:
        if self.step < 0 or self.wants(name, home):
            self.add(
                name,
                value.detach().float().cpu().numpy().copy() if value.is_floating_point() else value.cpu().numpy(),
                home,
            )


def get_hook(create_if_not_exists: bool = True) -> Hook | None:
    """The script's one hook."""
    global _hook
    if _hook is None and create_if_not_exists:
        _hook = Hook.create_from_json_file()
    return _hook
