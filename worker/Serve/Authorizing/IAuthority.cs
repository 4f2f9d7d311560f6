namespace NetSniff.Worker.Serve.Authorizing;

/// <summary>Knows whose a token is, and what they may.</summary>
public interface IAuthority
{
    /// <returns>Null when it is nobody's.</returns>
    /// <exception cref="IOException">It cannot be asked now; the text says why.</exception>
    Task<Person?> WhoAsync(string token, CancellationToken cancel);

    /// <exception cref="IOException">As above.</exception>
    Task<bool> MayAsync(Person person, Permission permission, CancellationToken cancel);
}

/// <summary>Somebody, as the cluster knows them. The same name with other groups is somebody else.</summary>
/// <param name="Name">`alice`, `system:serviceaccount:shop:reader`.</param>
/// <param name="Extra">What else the cluster's way of knowing them said; handed back as it was.</param>
public sealed record Person(
    string Name, string Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra)
{
    /// <summary>Equal for whom the cluster would answer the same.</summary>
    public string Key => string.Concat(((string[])
    [
        Name, Uid, "groups", .. Groups.Order(StringComparer.Ordinal),
        .. Extra.OrderBy(static one => one.Key, StringComparer.Ordinal)
            .SelectMany(static one => one.Value.Prepend(one.Key).Prepend("extra")),
    ]).Select(static text => $"{text.Length}:{text}")); // with their lengths, for names may hold anything
}

/// <summary>A verb on a resource of ours; resources need not be there as objects.</summary>
/// <param name="Subresource">Empty for none.</param>
/// <param name="Namespace">Empty for all of them.</param>
public readonly record struct Permission(string Verb, string Resource, string Subresource, string Namespace)
{
    public const string Group = "netsniff.io";

    /// <summary>Reading records.</summary>
    public static Permission Flows(string inNamespace) => new("get", "flows", "", inNamespace);

    /// <summary>Having raw packets.</summary>
    public static Permission Files(string inNamespace) => new("get", "capturesessions", "files", inNamespace);

    /// <summary>Setting sensors to anything: what a change of a profile would do as well.</summary>
    public static Permission Sensors { get; } = new("update", "captureprofiles", "", "");

    /// <summary>As roles name it.</summary>
    public string InRole => Subresource.Length == 0 ? Resource : $"{Resource}/{Subresource}";
}
