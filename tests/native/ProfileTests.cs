using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace NetSniff.Tests.Native;

/// <summary>What the compilers are told of how often code runs (profiles/, make profile).</summary>
public sealed class ProfileTests
{
    /// <summary>
    /// A method that was renamed or whose parameters changed is compiled as if nothing were known of it, without a
    /// word. So many of those named may be gone before it has to be made anew.
    /// </summary>
    private const double GoneShare = 0.1;

    [Theory]
    [InlineData("read")]
    [InlineData("sensor")]
    [InlineData("worker")]
    public void A_profile_speaks_of_methods_that_are_there(string program)
    {
        var named = OurMethods(program);
        Assert.True(named.Count > 300, $"only {named.Count} methods of ours in it");
        var gone = named.Where(method => !IsThere(method)).ToList();
        Assert.True(
            gone.Count <= named.Count * GoneShare,
            $"{gone.Count} of {named.Count} methods in profiles/{program}.mibc are gone: make profile. For example "
            + string.Join(", ", gone.Take(5).Select(method => $"{method.Type}.{method.Name}")));
    }

    private static bool IsThere((string Assembly, string Type, string Name) method)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static
            | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var type = Assembly.Load(method.Assembly).GetType(method.Type);
        return type is not null
            && (type.GetMethods(all).Any(each => each.Name == method.Name)
                || type.GetConstructors(all).Any(each => each.Name == method.Name));
    }

    private static List<(string Assembly, string Type, string Name)> OurMethods(string program)
    {
        using var packed = ZipFile.OpenRead(Path.Combine(Repository.Root, "profiles", $"{program}.mibc"));
        using var content = packed.GetEntry($"{program}.mibc.dll")!.Open();
        using var memory = new MemoryStream();
        content.CopyTo(memory);
        memory.Position = 0;
        using var file = new PEReader(memory);
        var reader = file.GetMetadataReader();
        var found = new List<(string, string, string)>();
        foreach (var handle in reader.MemberReferences)
        {
            var member = reader.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference) continue;
            var (assembly, type) = Name(reader, (TypeReferenceHandle)member.Parent);
            // The program itself is not beside the tests.
            if (assembly.StartsWith("NetSniff.", StringComparison.Ordinal))
                found.Add((assembly, type, reader.GetString(member.Name)));
        }

        return found;
    }

    private static (string Assembly, string Type) Name(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var name = reader.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            var (assembly, outer) = Name(reader, (TypeReferenceHandle)type.ResolutionScope);
            return (assembly, $"{outer}+{name}");
        }

        var space = reader.GetString(type.Namespace);
        var scope = reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
        return (reader.GetString(scope.Name), space.Length == 0 ? name : $"{space}.{name}");
    }
}
