using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace NetSniff.Bench.Training;

/// <summary>
/// References from the module that is made to types and methods of the recorded ones. Null where something is not known
/// by name outside of its process: code made at run time, modules without a file.
/// </summary>
internal sealed class References(CountedRun recording, MetadataBuilder target) : IDisposable
{
    /// <summary>Stands for every class in code that classes share. Compilers look for it in an assembly of its own.
    /// </summary>
    private const string Shared = "__Canon";

    private const byte GenericInstance = 0x15;
    private const byte Class = 0x12;
    private const byte ValueType = 0x11;

    private readonly Dictionary<string, (PEReader File, MetadataReader Reader)> _files = [];
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<(MetadataReader, EntityHandle), EntityHandle> _named = [];
    private readonly Dictionary<ulong, EntityHandle?> _types = [];
    private readonly Dictionary<ulong, EntityHandle?> _methods = [];
    private readonly Dictionary<string, EntityHandle> _specs = [];

    public EntityHandle? Type(ulong id)
    {
        if (_types.TryGetValue(id, out var known)) return known;
        if (!recording.Types.TryGetValue(id, out var type)) return _types[id] = null;
        if (type.Arguments.Length == 0 && Reader(type.Module) is { } reader && IsNamed(type))
            return _types[id] = Named(reader, MetadataTokens.EntityHandle(type.Token));
        return _types[id] = Encode(id) is { } encoded ? Spec(encoded) : null;
    }

    public EntityHandle? Method(ulong id)
    {
        if (_methods.TryGetValue(id, out var known)) return known;
        return _methods[id] = MakeMethod(id);
    }

    /// <summary>Assemblies a method's name speaks of, that which defines it first; null as of Method.</summary>
    public List<string>? Assemblies(ulong id)
    {
        var method = recording.Methods[id];
        var names = new List<string>();
        AddAssemblies(method.Type, names);
        foreach (var argument in method.Arguments) AddAssemblies(argument, names);
        return names.Count == 0 ? null : names;
    }

    /// <summary>Whether the method is one of our assemblies' and neither it nor its type has type arguments.</summary>
    public bool IsOursAndPlain(ulong id) =>
        recording.Methods.TryGetValue(id, out var method) && method.Arguments.Length == 0
        && recording.Types.TryGetValue(method.Type, out var type) && type.Arguments.Length == 0
        && Assemblies(id) is [var name] && name.StartsWith("NetSniff.", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (var (file, _) in _files.Values) file.Dispose();
    }

    /// <summary>The reference to a TypeDef or TypeRef of one of the recorded modules.</summary>
    public EntityHandle Named(MetadataReader reader, EntityHandle handle)
    {
        if (_named.TryGetValue((reader, handle), out var known)) return known;
        return _named[(reader, handle)] = handle.Kind == HandleKind.TypeDefinition
            ? Defined(reader, (TypeDefinitionHandle)handle)
            : Referred(reader, (TypeReferenceHandle)handle);
    }

    private static bool IsNamed(RecordedType type) =>
        type.Element is not (0x0F or 0x10 or 0x14 or 0x1D) && (type.Token & 0xFFFFFF) != 0;

    private void AddAssemblies(ulong id, List<string> names)
    {
        if (!recording.Types.TryGetValue(id, out var type)) return;
        if (IsNamed(type) && Reader(type.Module) is { } reader)
        {
            var name = reader.GetString(reader.GetAssemblyDefinition().Name);
            if (!names.Contains(name)) names.Add(name);
        }

        foreach (var argument in type.Arguments) AddAssemblies(argument, names);
    }

    private EntityHandle? MakeMethod(ulong id)
    {
        if (!recording.Methods.TryGetValue(id, out var method)) return null;
        if (!recording.Types.TryGetValue(method.Type, out var owner)) return null;
        if (Reader(owner.Module) is not { } reader) return null;
        if (Type(method.Type) is not { } parent) return null;
        var definition = reader.GetMethodDefinition(
            (MethodDefinitionHandle)MetadataTokens.EntityHandle(method.Token));
        var signature = new SignatureCopy(this).Method(reader, definition.Signature);
        EntityHandle made = target.AddMemberReference(
            parent, target.GetOrAddString(reader.GetString(definition.Name)), target.GetOrAddBlob(signature));
        if (method.Arguments.Length == 0) return made;
        var arguments = new BlobBuilder();
        arguments.WriteByte(0x0A);
        arguments.WriteCompressedInteger(method.Arguments.Length);
        foreach (var argument in method.Arguments)
        {
            if (Encode(argument) is not { } encoded) return null;
            arguments.WriteBytes(encoded);
        }

        return target.AddMethodSpecification(made, target.GetOrAddBlob(arguments));
    }

    private EntityHandle Defined(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var assembly = reader.GetAssemblyDefinition();
        EntityHandle scope = type.GetDeclaringType() is { IsNil: false } outer
            ? Named(reader, outer)
            : reader.StringComparer.Equals(type.Name, Shared)
                ? Assembly("System.Private.Canon", new Version())
                : Assembly(reader.GetString(assembly.Name), assembly.Version);
        return target.AddTypeReference(
            scope,
            target.GetOrAddString(reader.GetString(type.Namespace)),
            target.GetOrAddString(reader.GetString(type.Name)));
    }

    private EntityHandle Referred(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        EntityHandle scope;
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
        {
            scope = Named(reader, type.ResolutionScope);
        }
        else
        {
            var assembly = reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
            scope = Assembly(reader.GetString(assembly.Name), assembly.Version);
        }

        return target.AddTypeReference(
            scope,
            target.GetOrAddString(reader.GetString(type.Namespace)),
            target.GetOrAddString(reader.GetString(type.Name)));
    }

    private AssemblyReferenceHandle Assembly(string name, Version version)
    {
        if (_assemblies.TryGetValue(name, out var known)) return known;
        return _assemblies[name] =
            target.AddAssemblyReference(target.GetOrAddString(name), version, default, default, default, default);
    }

    private EntityHandle Spec(byte[] encoded)
    {
        var key = Convert.ToHexString(encoded);
        if (_specs.TryGetValue(key, out var known)) return known;
        return _specs[key] = target.AddTypeSpecification(target.GetOrAddBlob(ImmutableArray.Create(encoded)));
    }

    private byte[]? Encode(ulong id)
    {
        if (!recording.Types.TryGetValue(id, out var type)) return null;
        // void to string, typed reference, native integers, object: an element type says it all.
        if (type.Element is <= 0x0E or 0x16 or 0x18 or 0x19 or 0x1C) return [type.Element];
        var blob = new BlobBuilder();
        if (!IsNamed(type))
        {
            // An array of more dimensions is not worth its bounds here.
            if (type.Element == 0x14 || type.Arguments.Length != 1) return null;
            if (Encode(type.Arguments[0]) is not { } of) return null;
            blob.WriteByte(type.Element);
            blob.WriteBytes(of);
            return blob.ToArray();
        }

        if (Reader(type.Module) is not { } reader) return null;
        if (type.Arguments.Length > 0) blob.WriteByte(GenericInstance);
        blob.WriteByte(type.Element == ValueType ? ValueType : Class);
        blob.WriteCompressedInteger(CodedIndex.TypeDefOrRef(Named(reader, MetadataTokens.EntityHandle(type.Token))));
        if (type.Arguments.Length > 0) blob.WriteCompressedInteger(type.Arguments.Length);
        foreach (var argument in type.Arguments)
        {
            if (Encode(argument) is not { } encoded) return null;
            blob.WriteBytes(encoded);
        }

        return blob.ToArray();
    }

    private MetadataReader? Reader(ulong module)
    {
        if (!recording.Modules.TryGetValue(module, out var path) || !File.Exists(path)) return null;
        if (_files.TryGetValue(path, out var known)) return known.Reader;
        var file = new PEReader(File.ReadAllBytes(path).ToImmutableArray());
        var reader = file.GetMetadataReader();
        _files[path] = (file, reader);
        return reader;
    }
}
