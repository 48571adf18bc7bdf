"""The little of scikit-learn's estimator interface that the predict road may carry without importing scikit-learn."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from sahel_classify.errors import NotTrainedError, ParameterError

if TYPE_CHECKING:
    from typing import Self


class Estimator:
    """Base of the package's estimators: parameters are the arguments of ``__init__``, fitted attributes end in ``_``.

    It meets scikit-learn's contract for third-party estimators (https://scikit-learn.org/stable/developers/develop.html):
    ``clone``, ``Pipeline`` and ``FeatureUnion`` work.
    """

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return sorted(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; `deep` is accepted for compatibility: no parameter is itself an estimator."""
        del deep
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises
        ------
        ParameterError
            If a name is no parameter of the estimator.
        """
        names = self._parameter_names()
        for name, value in params.items():
            if name not in names:
                raise ParameterError(f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(names)}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        shown = (f"{n}={v!r}" for n, v in self.get_params().items() if v is not defaults[n].default and v != defaults[n].default)
        return f"{type(self).__name__}({', '.join(shown)})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import Tags, TargetTags  # only scikit-learn itself calls this

        tags = Tags(estimator_type=None, target_tags=TargetTags(required=False))
        tags.input_tags.string = True
        tags.input_tags.sparse = True
        return tags

    def __sklearn_is_fitted__(self) -> bool:
        return any(name.endswith("_") and not name.startswith("_") for name in vars(self))

    def _check_trained(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotTrainedError(f"this {type(self).__name__} is not fitted yet; call fit first")
