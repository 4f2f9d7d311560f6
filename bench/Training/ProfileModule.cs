using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace NetSniff.Bench.Training;

/// <summary>
/// Writes profiles of methods as the native compiler reads them with --mibc: a module whose methods name, in their IL,
/// the methods that ran and the counts of their blocks, edges, and types met at calls. Nothing of it is ever run.
/// </summary>
/// <remarks>
/// The form is that of the runtime's dotnet-pgo, which no registry offers (ADR 65). A group's method holds, for each
/// method of the same assemblies, "ldtoken method; ldstr InstrumentationDataStart; values; ldstr
/// InstrumentationDataEnd; pop"; the module's AssemblyDictionary names the groups.
/// </remarks>
/// <param name="recording">What was counted.</param>
/// <param name="onlyOurs">
/// Methods of our own assemblies without type arguments: what crossgen2 can put into precompiled code
/// (--embed-pgo-data).
/// </param>
internal sealed class ProfileModule(CountedRun recording, bool onlyOurs)
{
    private readonly MetadataBuilder _metadata = new();
    private readonly BlobBuilder _code = new();

    public int Methods { get; private set; }

    public int Unknown { get; private set; }

    public void Write(string path)
    {
        using var references = new References(recording, _metadata);
        _metadata.AddModule(
            0, _metadata.GetOrAddString("profile.mibc"), _metadata.GetOrAddGuid(Guid.Empty), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString("profile"), new Version(1, 0), default, default, 0, 0);
        _metadata.AddTypeDefinition(
            0, default, _metadata.GetOrAddString("<Module>"), default,
            MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        var bodies = new MethodBodyStreamEncoder(_code);
        var names = new InstructionEncoder(new BlobBuilder());
        foreach (var (name, methods) in Groups(references))
        {
            var group = new InstructionEncoder(new BlobBuilder());
            foreach (var method in methods) AddMethod(group, method, references);
            names.LoadString(_metadata.GetOrAddUserString(name));
            names.OpCode(ILOpCode.Ldtoken);
            names.Token(AddGlobal(bodies, $"Group{_metadata.GetRowCount(TableIndex.MethodDef)}", group));
            names.OpCode(ILOpCode.Pop);
        }

        AddGlobal(bodies, "AssemblyDictionary", names);
        var image = new ManagedPEBuilder(
            new PEHeaderBuilder(imageCharacteristics: Characteristics.Dll | Characteristics.ExecutableImage),
            new MetadataRootBuilder(_metadata),
            _code,
            deterministicIdProvider: _ => new BlobContentId(Guid.Empty, 0));
        var blob = new BlobBuilder();
        image.Serialize(blob);
        // A sixth of the size; compilers unpack it, and ask for this name.
        var beside = path + ".new";
        File.Delete(beside);
        using (var packed = ZipFile.Open(beside, ZipArchiveMode.Create))
        {
            var entry = packed.CreateEntry(Path.GetFileName(path) + ".dll", CompressionLevel.SmallestSize);
            entry.LastWriteTime = new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
            using var content = entry.Open();
            blob.WriteContentTo(content);
        }

        File.Move(beside, path, overwrite: true);
    }

    private SortedDictionary<string, List<ulong>> Groups(References references)
    {
        var groups = new SortedDictionary<string, List<ulong>>(StringComparer.Ordinal);
        // Where a method lies differs from run to run; which it is does not.
        foreach (var id in recording.Counts.Keys.OrderBy(recording.Place))
        {
            if (onlyOurs && !references.IsOursAndPlain(id)) continue;
            if (references.Method(id) is null || references.Assemblies(id) is not { } assemblies)
            {
                Unknown++;
                continue;
            }

            var name = string.Concat(assemblies.Select(each => each + ";"));
            if (!groups.TryGetValue(name, out var group)) groups[name] = group = [];
            group.Add(id);
            Methods++;
        }

        return groups;
    }

    private void AddMethod(InstructionEncoder code, ulong id, References references)
    {
        code.OpCode(ILOpCode.Ldtoken);
        code.Token(references.Method(id)!.Value);
        code.LoadString(_metadata.GetOrAddUserString("InstrumentationDataStart"));
        foreach (var count in CountReader.ReadAll(recording.Counts[id])) AddCount(code, count, references);
        code.LoadString(_metadata.GetOrAddUserString("InstrumentationDataEnd"));
        code.OpCode(ILOpCode.Pop);
    }

    private static void AddCount(InstructionEncoder code, Count count, References references)
    {
        const int everything = 15;
        code.LoadConstantI4(everything);
        code.LoadConstantI4(count.Offset);
        code.LoadConstantI4(count.Kind);
        code.LoadConstantI4(count.Values.Length == 0 ? 1 : count.Values.Length);
        code.LoadConstantI4(count.Other);
        foreach (var value in count.Values)
        {
            var id = (ulong)value;
            if (count.IsNumber) AddNumber(code, value);
            else AddHandle(code, value, count.HoldsMethods ? references.Method(id) : references.Type(id));
        }
    }

    private static void AddNumber(InstructionEncoder code, long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue) code.LoadConstantI4((int)value);
        else code.LoadConstantI8(value);
    }

    private static void AddHandle(InstructionEncoder code, long value, EntityHandle? handle)
    {
        // 0 is an empty place of a histogram, 1 somebody whose name is not known.
        if (handle is not { } known)
        {
            code.LoadConstantI4(value == 0 ? 0 : 1);
            return;
        }

        code.OpCode(ILOpCode.Ldtoken);
        code.Token(known);
    }

    private MethodDefinitionHandle AddGlobal(MethodBodyStreamEncoder bodies, string name, InstructionEncoder code)
    {
        const int stack = 8;
        code.OpCode(ILOpCode.Ret);
        return _metadata.AddMethodDefinition(
            MethodAttributes.Public | MethodAttributes.Static,
            MethodImplAttributes.IL,
            _metadata.GetOrAddString(name),
            _metadata.GetOrAddBlob(new byte[] { 0, 0, 1 }),
            bodies.AddMethodBody(code, stack),
            default);
    }
}
