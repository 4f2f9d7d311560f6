namespace NetSniff.Kube.Resources.Schemas;

/// <summary>Names of fields, as the API's conventions have them: camelCase, with capitals at the end kept.</summary>
internal static class JsonNames
{
    /// <summary>`MaxAge` is `maxAge`, `OTLP` is `otlp`, `BpfFilter` is `bpfFilter`, `ExcludeCIDRs` is `excludeCIDRs`.
    /// </summary>
    public static string Of(string name)
    {
        var capitals = 0;
        while (capitals < name.Length && char.IsAsciiLetterUpper(name[capitals])) capitals++;
        var lower = capitals == name.Length ? capitals : Math.Max(1, capitals - 1);
        return string.Concat(name[..lower].ToLowerInvariant(), name.AsSpan(lower));
    }
}
