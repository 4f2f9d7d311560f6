using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace NetSniff.Bench.Training;

/// <summary>
/// A method's signature (ECMA-335 II.23.2.1) in the words of another module: each type of it, referred to from there.
/// </summary>
internal sealed class SignatureCopy(References references) : ISignatureTypeProvider<byte[], object?>
{
    public BlobBuilder Method(MetadataReader reader, BlobHandle signature)
    {
        var blob = reader.GetBlobReader(signature);
        return Encode(new SignatureDecoder<byte[], object?>(this, reader, null).DecodeMethodSignature(ref blob));
    }

    public byte[] GetPrimitiveType(PrimitiveTypeCode typeCode) => [(byte)typeCode];

    public byte[] GetSZArrayType(byte[] elementType) => [0x1D, .. elementType];

    public byte[] GetPointerType(byte[] elementType) => [0x0F, .. elementType];

    public byte[] GetByReferenceType(byte[] elementType) => [0x10, .. elementType];

    public byte[] GetPinnedType(byte[] elementType) => [0x45, .. elementType];

    public byte[] GetGenericTypeParameter(object? genericContext, int index) => [0x13, .. Compressed(index)];

    public byte[] GetGenericMethodParameter(object? genericContext, int index) => [0x1E, .. Compressed(index)];

    public byte[] GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        Named(reader, handle, rawTypeKind);

    public byte[] GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        Named(reader, handle, rawTypeKind);

    public byte[] GetTypeFromSpecification(
        MetadataReader reader,
        object? genericContext,
        TypeSpecificationHandle handle,
        byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public byte[] GetGenericInstantiation(byte[] genericType, ImmutableArray<byte[]> typeArguments) =>
        [0x15, .. genericType, .. Compressed(typeArguments.Length), .. typeArguments.SelectMany(bytes => bytes)];

    // The modifier comes as a type: what kind of type is not said of it.
    public byte[] GetModifiedType(byte[] modifier, byte[] unmodifiedType, bool isRequired) =>
        [(byte)(isRequired ? 0x1F : 0x20), .. modifier[1..], .. unmodifiedType];

    public byte[] GetFunctionPointerType(MethodSignature<byte[]> signature) => [0x1B, .. Encode(signature).ToArray()];

    public byte[] GetArrayType(byte[] elementType, ArrayShape shape)
    {
        var blob = new BlobBuilder();
        blob.WriteByte(0x14);
        blob.WriteBytes(elementType);
        blob.WriteCompressedInteger(shape.Rank);
        blob.WriteCompressedInteger(shape.Sizes.Length);
        foreach (var size in shape.Sizes) blob.WriteCompressedInteger(size);
        blob.WriteCompressedInteger(shape.LowerBounds.Length);
        foreach (var bound in shape.LowerBounds) blob.WriteCompressedSignedInteger(bound);
        return blob.ToArray();
    }

    private static BlobBuilder Encode(MethodSignature<byte[]> signature)
    {
        var blob = new BlobBuilder();
        blob.WriteByte(signature.Header.RawValue);
        if (signature.Header.IsGeneric) blob.WriteCompressedInteger(signature.GenericParameterCount);
        blob.WriteCompressedInteger(signature.ParameterTypes.Length);
        blob.WriteBytes(signature.ReturnType);
        foreach (var parameter in signature.ParameterTypes) blob.WriteBytes(parameter);
        return blob;
    }

    private static byte[] Compressed(int value)
    {
        var blob = new BlobBuilder();
        blob.WriteCompressedInteger(value);
        return blob.ToArray();
    }

    private byte[] Named(MetadataReader reader, EntityHandle handle, byte kind) =>
        [kind, .. Compressed(CodedIndex.TypeDefOrRef(references.Named(reader, handle)))];
}
