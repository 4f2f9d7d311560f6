namespace NetSniff.Kube;

/// <summary>What the API calls a kind of object: `apps/v1 replicasets`.</summary>
/// <param name="Group">Empty for the core group.</param>
public readonly record struct ResourceKind(string Group, string Version, string Plural)
{
    /// <summary>Where its group version is: `/apis/apps/v1`.</summary>
    public string GroupPath => Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";

    /// <param name="inNamespace">Null for all.</param>
    public string Path(string? inNamespace) =>
        inNamespace is null ? $"{GroupPath}/{Plural}" : $"{GroupPath}/namespaces/{inNamespace}/{Plural}";

    public override string ToString() => Group.Length == 0 ? $"{Plural}.{Version}" : $"{Plural}.{Version}.{Group}";
}

/// <param name="Namespace">Empty for what has none.</param>
public readonly record struct ResourceName(string Namespace, string Name)
{
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
