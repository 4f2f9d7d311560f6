using System.Text.Json.Nodes;

namespace NetSniff.Kube.Resources.Schemas;

/// <summary>The files under `crds/`.</summary>
public static class CrdFiles
{
    private const string Head =
        "# Made from the types in kube/Resources by `make crds`; changed there, not here.\n---\n";

    /// <summary>Where each lies below the folder, and what is in it.</summary>
    public static IEnumerable<(string Path, string Text)> All()
    {
        foreach (var kind in CustomResourceDefinitions.Kinds)
        {
            foreach (var withRules in new[] { true, false })
            {
                var definition = CustomResourceDefinitions.Of(kind, withRules);
                var name = $"{definition["metadata"]!["name"]}.yaml";
                yield return (withRules ? name : Path.Combine("without-cel", name), Head + YamlText.Of(definition));
            }
        }
    }
}
