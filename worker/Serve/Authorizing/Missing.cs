namespace NetSniff.Worker.Serve.Authorizing;

/// <summary>What somebody lacks, and how it is given: in words, and as objects to apply.</summary>
internal static class Missing
{
    public const string Revoked = "you may see this no longer: the token is over, or the right was taken away";

    private const string ServiceAccount = "system:serviceaccount:";

    /// <summary>They named no namespace and may not see all.</summary>
    public static string Everywhere(Person person, Permission permission) =>
        $"{Shown(person)} may not {Words(permission)} of all namespaces. Name those to look in (-n NAMESPACE, or the "
        + "header x-netsniff-namespace: a,b), or have an administrator apply:\n" + Cluster(person, permission);

    public static string In(Person person, Func<string, Permission> permission, IReadOnlyList<string> denied)
    {
        var first = permission(denied[0]);
        return $"{Shown(person)} may not {Words(first)} of namespace {string.Join(", ", denied)}. "
            + $"An administrator of {denied[0]} can allow it:\n{InNamespace(person, first)}";
    }

    public static string Whole(Person person, Permission permission) => permission == Permission.Sensors
        ? $"{Shown(person)} may not set sensors to anything, which needs the right to {permission.Verb} "
            + $"{permission.Resource} in all namespaces. An administrator can allow it:\n{Cluster(person, permission)}"
        : $"{Shown(person)} may not ask this: it tells of all namespaces and cannot be narrowed to some (SQL, status). "
            + $"An administrator can allow it:\n{Cluster(person, permission)}";

    public static string Shown(Person person)
    {
        const int ShownMax = 128;
        var name = new string([.. person.Name.Take(ShownMax)
            .Select(static letter => char.IsControl(letter) ? '?' : letter)]);
        return person.Name.Length > ShownMax ? name + "…" : name;
    }

    private static string Words(Permission permission) =>
        permission.Subresource.Length > 0 ? "have raw packets" : "see records";

    private static string InNamespace(Person person, Permission permission) =>
        $"""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {OfName(permission, permission.Namespace)}
        rules: [{Rule(permission)}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {OfName(permission, permission.Namespace)}
        roleRef: {Role("Role", permission)}
        subjects: [{Subject(person)}]
        """;

    private static string Cluster(Person person, Permission permission) =>
        $"""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {OfName(permission, "")}
        rules: [{Rule(permission)}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {OfName(permission, "")}
        roleRef: {Role("ClusterRole", permission)}
        subjects: [{Subject(person)}]
        """;

    private static string NameOf(Permission permission) => permission switch
    {
        { Subresource.Length: > 0 } => "netsniff-packets",
        { Resource: "flows" } => "netsniff-records",
        _ => "netsniff-sensors",
    };

    private static string OfName(Permission permission, string inNamespace) => inNamespace.Length == 0
        ? $$"""{name: {{NameOf(permission)}}}"""
        : $$"""{name: {{NameOf(permission)}}, namespace: {{inNamespace}}}""";

    private static string Rule(Permission permission) =>
        $$"""{apiGroups: [{{Permission.Group}}], resources: [{{permission.InRole}}], verbs: [{{permission.Verb}}]}""";

    private static string Role(string kind, Permission permission) =>
        $$"""{apiGroup: rbac.authorization.k8s.io, kind: {{kind}}, name: {{NameOf(permission)}}}""";

    private static string Subject(Person person)
    {
        string[] parts = person.Name.StartsWith(ServiceAccount, StringComparison.Ordinal)
            ? person.Name[ServiceAccount.Length..].Split(':') : [];
        if (parts is [var space, var name]) return $$"""{kind: ServiceAccount, name: {{name}}, namespace: {{space}}}""";

        var user = Shown(person).Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        return $$"""{apiGroup: rbac.authorization.k8s.io, kind: User, name: "{{user}}"}""";
    }
}
