"""Rules about trees."""

from areas.debugger.rules.base import Rule


class FeatureImportanceOverweight(Rule):
    needs = "collection feature_importance"

    def judge(self, step: int) -> str:
        found = {
            name: float(value.sum())
            for name, value in self.values(step, self.trial.tensor_names(regex=self.tensor_regex))
        }
        total = sum(found.values())
        if not total:
            return ""
        top = sorted(found, key=found.get, reverse=True)[: self.nfeatures]
        share = sum(found[name] for name in top) / total
        if share > self.threshold:
            names = ", ".join(name.rpartition("/")[2] for name in top)
            return f"{names} carry {share:.0%} of the importance, more than {self.threshold:.0%}."
        return ""


class TreeDepth(Rule):
    """Depth is the number of splits on the longest way through a tree."""

    needs = "collection trees"

    def judge(self, step: int) -> str:
        for _, value in self.values(step, self.trial.tensor_names(regex="^trees/Depth$")):
            deepest = int(value.max())
            if deepest > self.depth:
                return f"A tree is {deepest} deep, and {self.depth} is allowed."
        return ""
